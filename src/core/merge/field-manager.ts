import { isMap, type Json, type JsonMap } from '../kube/index.ts'
import { isProblem, type Problem, problem } from '../problem/index.ts'
import { capped } from './cap.ts'
import { setByClientSideApply, UPGRADING_MANAGER, withLastApplied } from './last-applied.ts'
import {
  decodeManagedFields,
  encodeManagedFields,
  entryKey,
  type ManagedEntries,
  type ManagedEntry,
  resetsManagedFields,
} from './managed-fields.ts'
import { applyValue, type Conflict, updateManagers } from './managers.ts'
import type { ManagedSet, Managers, Versions } from './ownership.ts'
import { stripServerFields } from './server-fields.ts'
import { validate } from './validate.ts'

const BEFORE_APPLY = 'before-first-apply'
const SELF = 'current operation'

interface ObjectWrite {
  /** The stored object with its managedFields; null when the write creates it. */
  readonly live: JsonMap | null
  /**
   * What the server's decoder makes of an empty object of the kind: what is in it counts as there already when an
   * object is created. See `emptyObject`; `{}` for custom resources.
   */
  readonly empty: JsonMap
  /** apiVersion of the write; both objects are given in it. */
  readonly version: string
  readonly manager: string
  readonly subresource?: string
  /** Now, as the server writes times: UTC to the second. */
  readonly time: string
  readonly versions: Versions
}
export interface ObjectUpdate extends ObjectWrite {
  /** The object that is to be stored, after any patch; its own managedFields are taken as asked for. */
  readonly next: JsonMap
}
export interface ObjectApply extends ObjectWrite {
  readonly applied: JsonMap
  readonly force: boolean
}
export interface ObjectConflict extends Conflict {
  readonly entry: ManagedEntry
}
export type ObjectApplied =
  /** `changed`: something beside managedFields differs from live. */
  | { readonly state: 'applied'; readonly object: JsonMap; readonly changed: boolean }
  | { readonly state: 'conflict'; readonly conflicts: readonly ObjectConflict[] }

function managedFieldsOf(object: JsonMap | null): Json | undefined {
  const metadata = object?.['metadata']
  return isMap(metadata) ? metadata['managedFields'] : undefined
}

/** The object with these entries as its managedFields; null takes them off. */
export function withManagedFields(object: JsonMap, entries: ManagedEntries | null): JsonMap {
  const metadata = isMap(object['metadata']) ? object['metadata'] : {}
  const { managedFields: _, ...rest } = metadata
  if (entries === null || entries.size === 0)
    return 'managedFields' in metadata ? { ...object, metadata: rest } : object
  return { ...object, metadata: { ...rest, managedFields: encodeManagedFields(entries) as unknown as Json } }
}

function stripped(entries: Map<string, ManagedEntry>, key: string): void {
  const entry = entries.get(key)
  if (entry === undefined) return
  const set = stripServerFields(entry.set)
  if (set.isEmpty) entries.delete(key)
  else entries.set(key, { ...entry, set })
}

/** Takes the sets from `managers` over into the entries; `writer` describes the one that may be new. */
function merged(
  entries: ManagedEntries,
  managers: Managers,
  writer: { key: string; entry: Omit<ManagedEntry, keyof ManagedSet> },
): Map<string, ManagedEntry> {
  const result = new Map<string, ManagedEntry>()
  for (const [key, managed] of managers) {
    const known = entries.get(key) ?? (key === writer.key ? writer.entry : undefined)
    if (known !== undefined) result.set(key, { ...known, ...managed })
  }
  return result
}

function trackUpdate(
  write: ObjectWrite,
  change: { from: JsonMap; to: JsonMap; entries: ManagedEntries },
): Map<string, ManagedEntry> {
  const { manager, version, time, versions } = write
  const subresource = write.subresource ?? ''
  const { managers } = updateManagers({
    live: change.from,
    next: change.to,
    version,
    manager: SELF,
    managers: change.entries,
    versions,
  })
  const entry = { manager: manager === '' ? 'unknown' : manager, subresource, time }
  const entries = merged(change.entries, managers, { key: SELF, entry })
  stripped(entries, SELF)
  const own = entries.get(SELF)
  if (own === undefined) return entries
  entries.delete(SELF)
  const key = entryKey({ ...own, applied: false })
  const previous = entries.get(key)
  entries.set(key, previous === undefined ? own : { ...own, set: own.set.union(previous.set) })
  return capped(entries)
}

/** Ownership that an update starts from: what the writer sent if it is usable, else what is stored; broken is none. */
function startingEntries(write: ObjectUpdate): ManagedEntries {
  const usable = (json: unknown): ManagedEntries => {
    const entries = decodeManagedFields(json)
    return isProblem(entries) ? new Map() : entries
  }
  if ((write.subresource ?? '') === '') {
    const sent = managedFieldsOf(write.next)
    if (resetsManagedFields(sent)) return new Map()
    const entries = usable(sent)
    if (entries.size > 0) return entries
  }
  return usable(managedFieldsOf(write.live))
}

/**
 * The object that a create, update or patch stores: `next` with the managedFields that the server would write. An
 * object that has none stays without: the server starts to track only when it is created or applied.
 */
export function updateObject(write: ObjectUpdate): JsonMap {
  const entries = startingEntries(write)
  if (entries.size === 0 && write.live !== null) return withManagedFields(write.next, null)
  const from = withManagedFields(write.live ?? write.empty, null)
  const to = withManagedFields(write.next, null)
  return withManagedFields(to, trackUpdate(write, { from, to, entries }))
}

function refusal(write: ObjectApply): Problem | null {
  if (write.applied['apiVersion'] !== write.version) {
    return problem('HF4005', `The applied object is not in apiVersion ${write.version}.`, { path: '.apiVersion' })
  }
  const sent = managedFieldsOf(write.applied)
  if (sent !== undefined && sent !== null) {
    return problem('HF4005', 'An applied object must not have managedFields.', { path: '.metadata.managedFields' })
  }
  const type = write.versions.type(write.version)
  return type === undefined ? null : (validate(write.applied, type)[0] ?? null)
}

function applyOnce(write: ObjectApply): ObjectApplied | Problem {
  const refused = refusal(write)
  if (refused !== null) return refused
  const decoded = decodeManagedFields(managedFieldsOf(write.live))
  if (isProblem(decoded)) return decoded
  const { version, time, versions, force } = write
  const live = withManagedFields(write.live ?? write.empty, null)
  const entries =
    decoded.size > 0
      ? decoded
      : trackUpdate({ ...write, manager: BEFORE_APPLY }, { from: write.empty, to: live, entries: decoded })
  const identity = { manager: write.manager, applied: true, version, subresource: write.subresource ?? '' }
  const key = entryKey(identity)
  const applied = applyValue({
    live,
    applied: write.applied,
    version,
    manager: key,
    managers: entries,
    versions,
    force,
  })
  if (applied.state === 'refused') return applied.problem
  if (applied.state === 'conflict') {
    return {
      state: 'conflict',
      conflicts: applied.conflicts.map((it) => ({ ...it, entry: entries.get(it.manager) as ManagedEntry })),
    }
  }
  const entry = { manager: write.manager, subresource: identity.subresource, time: undefined }
  const result = merged(entries, applied.managers, { key, entry })
  stripped(result, key)
  const changed = applied.value !== live
  const own = result.get(key)
  if (changed && own !== undefined) result.set(key, { ...own, time })
  return { state: 'applied', object: withManagedFields(isMap(applied.value) ? applied.value : {}, result), changed }
}

/** Conflicts over what client-side `kubectl apply` itself set, and nobody changed since, are not conflicts. */
function upgrade(write: ObjectApply, conflicts: readonly ObjectConflict[]): ObjectApplied | Problem {
  const type = write.versions.type(write.version)
  if (write.live === null || type === undefined) return { state: 'conflict', conflicts }
  const own = setByClientSideApply(write.live, { version: write.version, type })
  const foreign = conflicts.filter(({ path }) => !own.has(path))
  return foreign.length > 0 ? { state: 'conflict', conflicts: foreign } : applyOnce({ ...write, force: true })
}

/**
 * Server-side apply to a whole object. Answers what is stored (before defaulting and admission), the conflicts, or the
 * problem for which the server refuses (HF4005, HF5003, HF3007).
 */
export function applyObject(write: ObjectApply): ObjectApplied | Problem {
  let answer = applyOnce(write)
  if (write.manager !== UPGRADING_MANAGER || isProblem(answer)) return answer
  if (answer.state === 'conflict') answer = upgrade(write, answer.conflicts)
  if (isProblem(answer) || answer.state === 'conflict') return answer
  const object = withLastApplied(answer.object, write.applied)
  return { ...answer, object }
}
