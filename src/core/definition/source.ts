import { isMap, type JsonMap } from '../kube/index.ts'
import { readDirectory } from './directory-options.ts'
import { complain, type Field, isSet, isZero, itemsOf, mapOf, member, refuseOthers, stringOf } from './field.ts'
import { readHelm } from './helm-options.ts'
import { KUSTOMIZE_MODIFIERS, readKustomize } from './kustomize-options.ts'
import { readPlugin } from './plugin-options.ts'
import type { SourceDefinition } from './source-types.ts'
import { isVersionRange } from './version-range.ts'

const SOURCE_FIELDS = [
  'repoURL',
  'targetRevision',
  'tagPrefix',
  'path',
  'chart',
  'ref',
  'name',
  'directory',
  'helm',
  'kustomize',
  'plugin',
]

/** Far above what anybody has; each entry is fetched and rendered by itself. */
const MAX_SOURCES = 100

/** Characters that no Git reference can contain. */
const NOT_A_REFERENCE = /[\s~^:?*[\\<>\p{Cc}]/u
const DIGEST = /^sha256:[0-9a-f]{64}$/

function readPath(field: Field): string {
  const text = stringOf(field)
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  if (text.startsWith('/')) complain(field, 'HF2001', `${field.path} must be relative to the root of the repository`)
  if (parts.includes('..')) complain(field, 'HF2001', `${field.path} must not leave the repository with ..`)
  return parts.join('/')
}

function readRevision(field: Field, repoURL: string): string {
  const text = stringOf(field)
  if (text.startsWith('-')) {
    complain(field, 'HF2001', `${field.path} must be a branch, a tag, a commit, HEAD or a range of versions`)
  } else if (NOT_A_REFERENCE.test(text) && !isVersionRange(text)) {
    const digest = repoURL.startsWith('oci://') && DIGEST.test(text)
    const what = `${JSON.stringify(text)} is neither a revision nor a range of versions`
    if (!digest) complain(field, 'HF2001', `${field.path}: ${what}`)
  }
  return text === '' ? 'HEAD' : text
}

/** Text that ends up as an argument of a program. */
function readArgument(field: Field): string {
  const text = stringOf(field).trim()
  if (text.startsWith('-')) complain(field, 'HF2001', `${field.path} must not begin with -`)
  return text
}

function readRef(field: Field): string {
  const text = stringOf(field)
  if (text !== '' && !/^[a-zA-Z0-9_-]+$/.test(text)) {
    complain(field, 'HF2001', `${field.path} may consist of letters, digits, _ and - only`)
  }
  return text
}

/** null, '', false, 0, [] and {}, however deep. Safe to recurse: the document's depth has been checked. */
function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isMap(value)) return Object.values(value).every(isBlank)
  return value === undefined || value === null || value === '' || value === false || value === 0
}

/**
 * The tools whose options are given. Argo CD takes a block that says nothing out of the Application, so such a block
 * chooses nothing; only `plugin: {}` does ("whichever plugin fits").
 */
function typesOf(field: Field): readonly SourceDefinition['type'][] {
  const types = (['directory', 'helm'] as const).filter((name) => !isBlank(member(field, name).value))
  const kustomize = Object.entries(mapOf({ ...member(field, 'kustomize'), reading: { problems: [], subject: {} } }))
  const chooses = kustomize.some(([name, value]) => !KUSTOMIZE_MODIFIERS.includes(name) && !isBlank(value))
  return [
    ...types,
    ...(chooses ? ['kustomize' as const] : []),
    ...(isSet(member(field, 'plugin')) ? ['plugin' as const] : []),
  ]
}

function readType(field: Field): SourceDefinition['type'] {
  const types = typesOf(field)
  if (types.length > 1) complain(field, 'HF2001', `${field.path} has ${types.join(' and ')}; only one can be used`)
  return types[0] ?? 'detect'
}

/** No string in a source may hold a NUL character: it would cut a path or an argument short. */
function refuseNul(field: Field): void {
  const pending: Field[] = [field]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, path, reading } = next
    if (typeof value === 'string' && value.includes('\0')) complain(next, 'HF2001', `${path} contains a NUL character`)
    else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) pending.push({ reading, path: `${path}[${index}]`, value: item })
    } else if (isMap(value)) for (const name of Object.keys(value)) pending.push(member(next, name))
  }
}

/** The part of a source that a file in the repository may override. */
export type ToolOptions = Pick<SourceDefinition, 'type' | 'directory' | 'helm' | 'kustomize' | 'plugin' | 'written'>

export function readToolOptions(field: Field): ToolOptions {
  const written: JsonMap = mapOf(field)
  refuseNul(field)
  refuseOthers(field, { supported: SOURCE_FIELDS })
  return {
    type: readType(field),
    directory: readDirectory(member(field, 'directory')),
    helm: readHelm(member(field, 'helm')),
    kustomize: readKustomize(member(field, 'kustomize')),
    plugin: readPlugin(member(field, 'plugin')),
    written,
  }
}

function readSource(field: Field): SourceDefinition {
  const options = readToolOptions(field)
  const repoURL = readArgument(member(field, 'repoURL'))
  return {
    name: stringOf(member(field, 'name')),
    repoURL,
    targetRevision: readRevision(member(field, 'targetRevision'), repoURL),
    tagPrefix: readArgument(member(field, 'tagPrefix')),
    path: readPath(member(field, 'path')),
    chart: readArgument(member(field, 'chart')),
    ref: readRef(member(field, 'ref')),
    ...options,
  }
}

/** What a source cannot do without, as Argo CD has it: a chart needs a version, an entry of `sources` may be a mere ref. */
function missingOf(field: Field, content: readonly string[]): readonly string[] {
  if (!isSet(field)) return [field.path]
  const lacks = (name: string) => isZero(member(field, name))
  const missing = lacks('repoURL') ? ['repoURL'] : []
  if (content.every(lacks)) missing.push('path')
  const versioned = !lacks('chart') || String(member(field, 'repoURL').value).startsWith('oci://')
  if (versioned && lacks('targetRevision')) missing.push('targetRevision')
  return missing.map((name) => `${field.path}.${name}`)
}

/** Whether a value file of any source is to be taken from the source called `ref`. */
function isUsed(sources: readonly SourceDefinition[], ref: string): boolean {
  const paths = sources.flatMap(({ helm }) => [...helm.valueFiles, ...helm.fileParameters.map(({ path }) => path)])
  return paths.some((path) => path === `$${ref}` || path.startsWith(`$${ref}/`))
}

function checkTogether(fields: readonly Field[], sources: readonly SourceDefinition[]): void {
  const refs = new Set<string>()
  for (const [index, field] of fields.entries()) {
    const { ref, chart, path } = sources[index] ?? { ref: '', chart: '', path: '' }
    if (chart !== '' && path !== '') complain(field, 'HF2007', `${field.path}.path has no effect beside chart`)
    if (ref === '') continue
    if (refs.has(ref)) complain(field, 'HF2001', `${field.path}.ref: another source is called ${ref} too`)
    refs.add(ref)
    if (chart === '') continue
    if (isUsed(sources, ref)) {
      complain(field, 'HF2001', `${field.path}.ref: files cannot be taken from a chart, only from a Git repository`)
    } else complain(field, 'HF2007', `${field.path}.ref has no effect beside chart`)
  }
}

export interface SourcesRead {
  readonly sources: readonly SourceDefinition[]
  readonly multiSource: boolean
  readonly missing: readonly string[]
}

/** The sources of an Application: the entries of `sources`, which wins as in Argo CD, else `source`. */
export function readSources(spec: Field): SourcesRead {
  const field = member(spec, 'sources')
  const items = itemsOf(field)
  if (items.length > MAX_SOURCES) {
    complain(field, 'HF2001', `${field.path} has ${items.length} entries; at most ${MAX_SOURCES} can be used`)
    return { sources: [], multiSource: true, missing: [] }
  }
  const multiSource = items.length > 0
  const fields = multiSource ? items : [member(spec, 'source')]
  const sources = fields.map(readSource)
  checkTogether(fields, sources)
  const content = multiSource ? ['path', 'chart', 'ref'] : ['path', 'chart']
  return { sources, multiSource, missing: fields.flatMap((one) => missingOf(one, content)) }
}
