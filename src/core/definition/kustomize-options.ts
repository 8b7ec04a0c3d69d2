import { nameOf } from './directory-options.ts'
import {
  booleanOf,
  complain,
  type Field,
  isSet,
  itemsOf,
  mapOf,
  member,
  refuseOthers,
  stringMapOf,
  stringOf,
  stringsOf,
} from './field.ts'
import type { KustomizeOptions, KustomizePatch } from './source-types.ts'

/** Members that say how others are meant: alone they choose no tool. */
export const KUSTOMIZE_MODIFIERS = [
  'commonAnnotationsEnvsubst',
  'forceCommonAnnotations',
  'forceCommonLabels',
  'labelIncludeTemplates',
  'labelWithoutSelector',
]

const FIELDS = [
  ...KUSTOMIZE_MODIFIERS,
  'apiVersions',
  'commonAnnotations',
  'commonLabels',
  'components',
  'ignoreMissingComponents',
  'images',
  'kubeVersion',
  'namePrefix',
  'nameSuffix',
  'namespace',
  'patches',
  'replicas',
  'version',
]

const TARGET_FIELDS = ['annotationSelector', 'group', 'kind', 'labelSelector', 'name', 'namespace', 'version']

function booleanMapOf(field: Field): Readonly<Record<string, boolean>> {
  const names = Object.keys(mapOf(field))
  return Object.fromEntries(names.map((name) => [name, booleanOf(member(field, name)) ?? false]))
}

function readPatch(field: Field): KustomizePatch {
  mapOf(field)
  refuseOthers(field, { supported: ['patch', 'path', 'target', 'options'] })
  const target = member(field, 'target')
  refuseOthers(target, { supported: TARGET_FIELDS })
  const patch = stringOf(member(field, 'patch'))
  const path = stringOf(member(field, 'path'))
  if ((patch === '') === (path === '')) complain(field, 'HF2001', `${field.path} must have either patch or path`)
  return {
    patch,
    path,
    target: isSet(target) ? stringMapOf(target) : null,
    options: booleanMapOf(member(field, 'options')),
  }
}

/** A whole number, which Argo CD also takes as text. */
function readCount(field: Field): number | string {
  const { value } = field
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  if (typeof value === 'string' && /^[0-9]{1,9}$/.test(value)) return value
  const what = isSet(field) ? 'must be a whole number' : 'is missing'
  complain(field, 'HF2001', `${field.path} ${what}`)
  return 0
}

function readReplicas(field: Field): KustomizeOptions['replicas'] {
  return itemsOf(field).map((item) => {
    mapOf(item)
    refuseOthers(item, { supported: ['name', 'count'] })
    return { name: nameOf(item), count: readCount(member(item, 'count')) }
  })
}

function readImages(field: Field): readonly string[] {
  return stringsOf(field).filter((image) => {
    if (image === '') complain(field, 'HF2001', `${field.path} has an empty entry`)
    return image !== ''
  })
}

export function readKustomize(field: Field): KustomizeOptions {
  mapOf(field)
  refuseOthers(field, { supported: FIELDS })
  const flag = (name: string) => booleanOf(member(field, name)) ?? false
  const text = (name: string) => stringOf(member(field, name))
  return {
    namePrefix: text('namePrefix'),
    nameSuffix: text('nameSuffix'),
    namespace: text('namespace'),
    images: readImages(member(field, 'images')),
    replicas: readReplicas(member(field, 'replicas')),
    commonLabels: stringMapOf(member(field, 'commonLabels')),
    forceCommonLabels: flag('forceCommonLabels'),
    labelWithoutSelector: flag('labelWithoutSelector'),
    labelIncludeTemplates: flag('labelIncludeTemplates'),
    commonAnnotations: stringMapOf(member(field, 'commonAnnotations')),
    forceCommonAnnotations: flag('forceCommonAnnotations'),
    commonAnnotationsEnvsubst: flag('commonAnnotationsEnvsubst'),
    components: stringsOf(member(field, 'components')),
    ignoreMissingComponents: flag('ignoreMissingComponents'),
    patches: itemsOf(member(field, 'patches')).map(readPatch),
    kubeVersion: text('kubeVersion'),
    apiVersions: stringsOf(member(field, 'apiVersions')),
    version: text('version'),
  }
}
