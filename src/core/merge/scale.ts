import { type FieldPath, isMap, type Json, type JsonMap } from '../kube/index.ts'
import { isProblem, type Problem } from '../problem/index.ts'
import { withManagedFields } from './field-manager.ts'
import { FieldSet } from './field-set.ts'
import { decodeManagedFields, entryKey, type ManagedEntries, type ManagedEntry } from './managed-fields.ts'
import { setOwn } from './own.ts'

export interface ObjectScale {
  readonly live: JsonMap
  readonly replicas: number
  readonly manager: string
  /** apiVersion in which the object is given. */
  readonly version: string
  /**
   * Where `replicas` stands, by apiVersion; null for a served version without scale subresource. Entries of any other
   * version are dropped, as the server drops them.
   */
  readonly paths: ReadonlyMap<string, readonly string[] | null>
}

function fieldPath(names: readonly string[]): FieldPath {
  return names.map((name) => ({ kind: 'field', name }))
}

function valueAt(object: Json | undefined, names: readonly string[]): Json | undefined {
  let value = object
  for (const name of names) value = isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

function withValue(object: JsonMap, names: readonly string[], value: Json): JsonMap {
  const [name, ...rest] = names
  if (name === undefined) return object
  const out: Record<string, Json | undefined> = { ...object }
  const child = object[name]
  setOwn(out, name, rest.length === 0 ? value : withValue(isMap(child) ? child : {}, rest, value))
  return out
}

/** Everyone's entry without `replicas`; those of versions no longer served are gone. */
function released(entries: ManagedEntries, paths: ObjectScale['paths']): Map<string, ManagedEntry> {
  const kept = new Map<string, ManagedEntry>()
  for (const [key, entry] of entries) {
    const names = paths.get(entry.version)
    if (names === undefined) continue
    const set = names === null ? entry.set : entry.set.difference(FieldSet.of([fieldPath(names)]))
    if (!set.isEmpty) kept.set(key, { ...entry, set })
  }
  return kept
}

const SCALE_VERSION = 'autoscaling/v1'

/**
 * A scale that changes nothing still splits `replicas` off the update entries that own it: on their way through the
 * scale subresource they take its version into their identity and are not recognised again.
 */
function split(entries: ManagedEntries, scale: ObjectScale): Map<string, ManagedEntry> {
  const kept = new Map<string, ManagedEntry>()
  for (const [key, entry] of entries) {
    const names = scale.paths.get(entry.version)
    if (names === undefined) continue
    const path = names === null ? [] : fieldPath(names)
    if (entry.applied || !entry.set.has(path)) {
      kept.set(key, entry)
      continue
    }
    const rest = entry.set.difference(FieldSet.of([path]))
    if (!rest.isEmpty) kept.set(key, { ...entry, set: rest })
    const own = fieldPath(scale.paths.get(scale.version) ?? [])
    const moved = { ...entry, version: scale.version, time: undefined, set: FieldSet.of([own]) }
    kept.set(entryKey({ ...entry, version: SCALE_VERSION }), moved)
  }
  return kept
}

/**
 * A write through the scale subresource. Ownership of `replicas` moves only where somebody owned it already and it
 * really changes; 0 is owned by nobody; the new entry has no time. So after a scale to 0, or of an object whose
 * `replicas` nobody owned, nothing tells who scaled. HF5003 when managedFields cannot be read.
 */
export function scaleObject(scale: ObjectScale): JsonMap | Problem {
  const names = scale.paths.get(scale.version) ?? []
  const metadata = scale.live['metadata']
  const entries = decodeManagedFields(isMap(metadata) ? metadata['managedFields'] : undefined)
  if (isProblem(entries)) return entries
  const next = withValue(scale.live, names, scale.replicas)
  const owned = [...entries.values()].some((entry) => {
    const path = scale.paths.get(entry.version)
    return path !== undefined && path !== null && entry.set.has(fieldPath(path))
  })
  const changed = (valueAt(scale.live, names) ?? 0) !== scale.replicas
  if (!owned || !changed) return withManagedFields(next, split(entries, scale))
  const result = released(entries, scale.paths)
  if (scale.replicas !== 0) {
    const identity = {
      manager: scale.manager === '' ? 'unknown' : scale.manager,
      applied: false,
      version: scale.version,
      subresource: 'scale',
    }
    result.set(entryKey(identity), { ...identity, time: undefined, set: FieldSet.of([fieldPath(names)]) })
  }
  return withManagedFields(next, result)
}
