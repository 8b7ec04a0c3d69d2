import { nameOf, readNameValue } from './directory-options.ts'
import {
  booleanOf,
  complain,
  type Field,
  isSet,
  itemsOf,
  mapOf,
  member,
  refuseOthers,
  stringOf,
  stringsOf,
} from './field.ts'
import type { HelmOptions } from './source-types.ts'

const FIELDS = [
  'apiVersions',
  'fileParameters',
  'ignoreMissingValueFiles',
  'kubeVersion',
  'namespace',
  'parameters',
  'passCredentials',
  'releaseName',
  'skipCrds',
  'skipSchemaValidation',
  'skipTests',
  'valueFiles',
  'values',
  'valuesObject',
  'version',
]

function readParameter(field: Field): HelmOptions['parameters'][number] {
  refuseOthers(field, { supported: ['name', 'value', 'forceString'] })
  return { ...readNameValue(field), forceString: booleanOf(member(field, 'forceString')) ?? false }
}

function readFileParameter(field: Field): HelmOptions['fileParameters'][number] {
  mapOf(field)
  refuseOthers(field, { supported: ['name', 'path'] })
  return { name: nameOf(field), path: stringOf(member(field, 'path')) }
}

/** Helm's own major version, from the days when there were two. */
function readVersion(field: Field): string {
  const text = stringOf(field)
  if (text !== '' && text !== 'v3')
    complain(field, 'HF2007', `${field.path} has no effect: one version of Helm is used`)
  return text
}

export function readHelm(field: Field): HelmOptions {
  mapOf(field)
  refuseOthers(field, { supported: FIELDS })
  const flag = (name: string) => booleanOf(member(field, name)) ?? false
  const text = (name: string) => stringOf(member(field, name))
  const values = member(field, 'valuesObject')
  return {
    releaseName: text('releaseName'),
    valueFiles: stringsOf(member(field, 'valueFiles')),
    ignoreMissingValueFiles: flag('ignoreMissingValueFiles'),
    values: text('values'),
    valuesObject: isSet(values) ? mapOf(values) : null,
    parameters: itemsOf(member(field, 'parameters')).map(readParameter),
    fileParameters: itemsOf(member(field, 'fileParameters')).map(readFileParameter),
    skipCrds: flag('skipCrds'),
    skipTests: flag('skipTests'),
    skipSchemaValidation: flag('skipSchemaValidation'),
    passCredentials: flag('passCredentials'),
    namespace: text('namespace'),
    kubeVersion: text('kubeVersion'),
    apiVersions: stringsOf(member(field, 'apiVersions')),
    version: readVersion(member(field, 'version')),
  }
}
