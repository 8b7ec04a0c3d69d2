import {
  booleanOf,
  complain,
  type Field,
  isSet,
  isZero,
  itemsOf,
  mapOf,
  member,
  refuseOthers,
  stringOf,
} from './field.ts'
import type { DirectoryOptions, SourceDefinition } from './types.ts'

const SOURCE_FIELDS = {
  supported: ['repoURL', 'targetRevision', 'path', 'directory', 'kustomize', 'name'],
  notYet: ['chart', 'helm', 'plugin', 'ref', 'tagPrefix'],
}

const KUSTOMIZE_FIELDS = {
  supported: [],
  notYet: [
    'apiVersions',
    'commonAnnotations',
    'commonAnnotationsEnvsubst',
    'commonLabels',
    'components',
    'forceCommonAnnotations',
    'forceCommonLabels',
    'ignoreMissingComponents',
    'images',
    'kubeVersion',
    'labelIncludeTemplates',
    'labelWithoutSelector',
    'namePrefix',
    'nameSuffix',
    'namespace',
    'patches',
    'replicas',
    'version',
  ],
}

/** Characters that no Git reference can contain, but a version range can. */
const NOT_A_REFERENCE = /[\s~^:?*[\\<>]/

function readDirectory(field: Field): DirectoryOptions {
  refuseOthers(field, { supported: ['recurse', 'include', 'exclude', 'jsonnet'], notYet: ['disableExtensionFilter'] })
  mapOf(field)
  const jsonnet = member(field, 'jsonnet')
  // Argo CD itself writes `jsonnet: {}` next to recurse.
  refuseOthers(jsonnet, { supported: [], notYet: ['extVars', 'libs', 'tlas'] })
  mapOf(jsonnet)
  return {
    recurse: booleanOf(member(field, 'recurse')) ?? false,
    include: stringOf(member(field, 'include')),
    exclude: stringOf(member(field, 'exclude')),
  }
}

function readPath(field: Field): string {
  const text = stringOf(field)
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  if (text.startsWith('/')) complain(field, 'HF2001', `${field.path} must be relative to the root of the repository`)
  if (parts.includes('..')) complain(field, 'HF2001', `${field.path} must not leave the repository with ..`)
  if (text.includes('\0')) complain(field, 'HF2001', `${field.path} contains a NUL character`)
  return parts.join('/')
}

function readRevision(field: Field): string {
  const text = stringOf(field)
  if (NOT_A_REFERENCE.test(text)) {
    complain(field, 'HF2002', `${field.path}: version ranges such as ${JSON.stringify(text)} are not supported yet`)
  } else if (text.startsWith('-')) {
    complain(field, 'HF2001', `${field.path} must be a branch, a tag, a commit or HEAD`)
  }
  return text === '' ? 'HEAD' : text
}

function readRepository(field: Field): string {
  const text = stringOf(field).trim()
  if (text.startsWith('oci://')) complain(field, 'HF2002', `${field.path}: oci:// sources are not supported yet`)
  if (text.startsWith('-')) complain(field, 'HF2001', `${field.path} must not begin with -`)
  return text
}

function readType(field: Field): SourceDefinition['type'] {
  const kustomize = isSet(member(field, 'kustomize'))
  const directory = isSet(member(field, 'directory'))
  if (kustomize && directory) {
    complain(field, 'HF2001', `${field.path} has both kustomize and directory; only one can be used`)
  }
  if (kustomize) return 'kustomize'
  return directory ? 'directory' : 'detect'
}

function readSource(field: Field): SourceDefinition {
  mapOf(field)
  refuseOthers(field, SOURCE_FIELDS)
  const kustomize = member(field, 'kustomize')
  refuseOthers(kustomize, KUSTOMIZE_FIELDS)
  mapOf(kustomize)
  stringOf(member(field, 'name'))
  return {
    repoURL: readRepository(member(field, 'repoURL')),
    targetRevision: readRevision(member(field, 'targetRevision')),
    path: readPath(member(field, 'path')),
    directory: readDirectory(member(field, 'directory')),
    type: readType(field),
  }
}

/** What a source cannot do without. A chart or a `ref` needs no path; both are refused elsewhere by their own name. */
function missingOf(field: Field): readonly string[] {
  if (!isSet(field)) return [field.path]
  const missing: string[] = []
  if (isZero(member(field, 'repoURL'))) missing.push(`${field.path}.repoURL`)
  const others = ['path', 'chart', 'ref'].map((name) => member(field, name))
  if (others.every(isZero)) missing.push(`${field.path}.path`)
  return missing
}

/** The one source of an Application: `spec.source`, or the only entry of `spec.sources`, which wins as in Argo CD. */
export function readSources(spec: Field): { readonly source: SourceDefinition; readonly missing: readonly string[] } {
  const sources = member(spec, 'sources')
  const items = itemsOf(sources)
  if (items.length > 1) {
    complain(sources, 'HF2002', `${sources.path} with ${items.length} entries is not supported yet; one entry is`)
  }
  const field = items[0] ?? member(spec, 'source')
  return { source: readSource(field), missing: items.length > 1 ? [] : missingOf(field) }
}
