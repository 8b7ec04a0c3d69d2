// Which update entries does the server merge when there are too many?
import { FieldSet } from './field-set.ts'
import { entryKey, type ManagedEntry } from './managed-fields.ts'

/** Update entries beyond this many are merged, the oldest first. */
const MAX_UPDATERS = 10
const OLD_UPDATES = 'ancient-changes'

function oldestFirst([aKey, a]: [string, ManagedEntry], [bKey, b]: [string, ManagedEntry]): number {
  const [left, right] = [a.time ?? '', b.time ?? '']
  if (left !== right) return left < right ? -1 : 1
  return aKey < bKey ? -1 : 1
}

/** Merges the oldest update entries of a version into one until there are few enough. */
export function capped(entries: Map<string, ManagedEntry>): Map<string, ManagedEntry> {
  const updaters = [...entries].filter(([, entry]) => !entry.applied)
  let count = updaters.length
  if (count <= MAX_UPDATERS) return entries
  const firsts = new Map<string, string>()
  const buckets = new Map<string, FieldSet[]>()
  for (const [key, entry] of updaters.sort(oldestFirst)) {
    if (count <= MAX_UPDATERS) break
    const first = firsts.get(entry.version)
    if (first === undefined) {
      firsts.set(entry.version, key)
      continue
    }
    moveToBucket(entries, buckets, { first, key, entry })
    count--
  }
  for (const [key, sets] of buckets)
    entries.set(key, { ...(entries.get(key) as ManagedEntry), set: FieldSet.unionOf(sets) })
  return entries
}

/** `buckets` collects what is to be in each: united at the end, or every entry would copy all those before it. */
function moveToBucket(
  entries: Map<string, ManagedEntry>,
  buckets: Map<string, FieldSet[]>,
  move: { first: string; key: string; entry: ManagedEntry },
): void {
  const { entry } = move
  const bucket = { manager: OLD_UPDATES, applied: false, version: entry.version, subresource: '' }
  const bucketKey = entryKey(bucket)
  const first = entries.get(bucketKey) ?? entries.get(move.first)
  if (!entries.has(bucketKey)) entries.delete(move.first)
  const sets = buckets.get(bucketKey) ?? (first === undefined ? [] : [first.set])
  sets.push(entry.set)
  buckets.set(bucketKey, sets)
  entries.set(bucketKey, { ...bucket, time: entry.time, set: FieldSet.EMPTY })
  entries.delete(move.key)
  if (move.key === bucketKey) buckets.delete(bucketKey)
}
