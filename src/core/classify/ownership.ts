// Who owns which path of a live object, as managedFields say it. Evidence, never proof: any writer can forge it.
import {
  canonicalJson,
  type FieldPath,
  formatPointer,
  isMap,
  type Json,
  type KubeObject,
  type ManagedFieldsEntry,
} from '../kube/index.ts'
import { decodeFieldsV1, FieldSet } from '../merge/index.ts'

export const FIELD_MANAGER = 'holdfast'

/**
 * Managers under which other tools deliver what stands in Git, so that their fields are stale once Git drops them.
 * `before-first-apply` is what the server calls the owner of untracked fields at the first apply.
 */
export const DELIVERERS: readonly string[] = [
  'kubectl-client-side-apply',
  'before-first-apply',
  'argocd-controller',
  'argocd-application-controller',
  'kustomize-controller',
  'helm-controller',
  'helm',
]

export function isDeliverer(entry: Pick<ManagedFieldsEntry, 'manager' | 'operation'>): boolean {
  if (entry.manager === undefined) return false
  return DELIVERERS.includes(entry.manager) || (entry.manager === 'kubectl' && entry.operation === 'Apply')
}

const GITOPS: readonly string[] = [
  'argocd-controller',
  'argocd-application-controller',
  'kustomize-controller',
  'helm-controller',
]

/** A controller that delivers from Git by itself, unlike a tool that somebody runs. */
export function isGitOps({ manager }: Pick<ManagedFieldsEntry, 'manager'>): boolean {
  return manager !== undefined && GITOPS.includes(manager)
}

export interface OwnedEntry {
  readonly entry: ManagedFieldsEntry
  readonly paths: FieldSet
  /** True for our own Apply entry on the main resource. */
  readonly ours: boolean
  readonly deliverer: boolean
}

export interface Ownership {
  readonly entries: readonly OwnedEntry[]
  /** Our Apply entry, if there is one. */
  readonly ours: OwnedEntry | undefined
  /** True when the server keeps no bookkeeping for this object: wiped, or too large, or nothing was ever owned. */
  readonly empty: boolean
  /** Entries that could not be read. */
  readonly unreadable: number
  /** Entries that own this path, something under it, or the atomic value that contains it. */
  owners(path: FieldPath): readonly OwnedEntry[]
  /** Did the last client-side `kubectl apply` (or who does alike) declare something at this path, by its own annotation? */
  lastApplied(path: FieldPath): boolean
  /** How what was declared then compares with the two sides of a difference; null = there is no such annotation. */
  lastAppliedTo(field: Sides): AppliedState | null
  /** True when these paths hold the atomic value that contains `path`. */
  holdsWhole(paths: FieldSet, path: FieldPath): boolean
}

export type AppliedState = 'as-live' | 'as-git' | 'other' | 'nothing'

interface Sides {
  readonly path: FieldPath
  readonly desired?: Json
  readonly live?: Json
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** What was applied last, by the annotation; undefined where there is none that can be read. */
function appliedOf(metadata: unknown): Json | undefined {
  const annotations = isMap(metadata) ? metadata.annotations : undefined
  const text = isMap(annotations) && Object.hasOwn(annotations, LAST_APPLIED) ? annotations[LAST_APPLIED] : undefined
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function owns(paths: FieldSet, path: FieldPath): boolean {
  return paths.hasPrefix(path) || holdsWhole(paths, path)
}

function holdsWhole(paths: FieldSet, path: FieldPath): boolean {
  for (let length = path.length - 1; length > 0; length -= 1) {
    const prefix = path.slice(0, length)
    if (paths.has(prefix) && paths.under(prefix).isEmpty) return true
  }
  return false
}

function valueAt(root: Json | undefined, pointer: string): Json | undefined {
  const names = pointer.split('/').slice(1)
  return names.reduce<Json | undefined>((value, name) => {
    if (Array.isArray(value)) return (value as readonly Json[])[Number(name)]
    return isMap(value) ? value[name.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
  }, root)
}

function appliedState(root: Json | undefined, { path, desired, live }: Sides): AppliedState | null {
  if (root === undefined) return null
  const pointer = formatPointer(root, path)
  if (pointer === undefined) return 'nothing'
  const value = canonicalJson(valueAt(root, pointer))
  if (live !== undefined && value === canonicalJson(live)) return 'as-live'
  return desired !== undefined && value === canonicalJson(desired) ? 'as-git' : 'other'
}

const TEXTS = ['manager', 'operation', 'apiVersion', 'time', 'subresource'] as const

/** One entry as the server writes them; null for anything else that may stand in its place. */
function readEntry(entry: unknown): ManagedFieldsEntry | null {
  if (!isMap(entry)) return null
  const odd = TEXTS.filter((name) => entry[name] !== undefined && typeof entry[name] !== 'string')
  if (odd.length === 0) return entry as ManagedFieldsEntry
  return Object.fromEntries(Object.entries(entry).filter(([name]) => !odd.some((text) => text === name)))
}

function readOwned(entry: ManagedFieldsEntry): OwnedEntry | null {
  const paths = decodeFieldsV1(entry.fieldsV1 ?? {})
  if (!(paths instanceof FieldSet)) return null
  const ours = entry.manager === FIELD_MANAGER && entry.operation === 'Apply' && (entry.subresource ?? '') === ''
  return { entry, paths, ours, deliverer: isDeliverer(entry) }
}

export function ownershipOf(live: KubeObject): Ownership {
  const metadata: unknown = live.metadata
  const managed: readonly unknown[] =
    isMap(metadata) && Array.isArray(metadata.managedFields) ? metadata.managedFields : []
  const read = managed.map(readEntry).filter((entry) => entry !== null)
  const entries = read.map(readOwned).filter((owned) => owned !== null)
  let known: { readonly value: Json | undefined } | undefined
  const applied = (): Json | undefined => {
    known ??= { value: appliedOf(metadata) }
    return known.value
  }
  return {
    entries,
    ours: entries.find((entry) => entry.ours),
    empty: managed.length === 0,
    unreadable: read.length - entries.length,
    owners: (path) => entries.filter((entry) => owns(entry.paths, path)),
    lastApplied: (path) => formatPointer(applied(), path) !== undefined,
    lastAppliedTo: (field) => appliedState(applied(), field),
    holdsWhole,
  }
}
