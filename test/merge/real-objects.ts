// Questions about objects as a server stores them.
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import { isMap } from '../../src/core/kube/index.ts'
import { decodeFieldsV1, encodeFieldsV1 } from '../../src/core/merge/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'
import { builtIn, DATA } from './built-in.ts'
import type { Request } from './oracle.ts'
import { SET_OPERATIONS, typedRequests } from './requests.ts'

/** An object that a server stored, and digests of what the oracle answered to each question about it. */
export interface RealObject {
  readonly kind: string
  readonly object: JsonMap
  readonly answers: readonly string[]
}

/** Some leaves changed, some members gone, some lists in reverse: always the same ones. */
function changed(object: JsonMap): JsonMap {
  let count = 0
  const leaf = (value: Json): Json => {
    if (++count % 3 !== 0) return value
    if (typeof value === 'string') return `${value}x`
    if (typeof value === 'boolean') return !value
    return typeof value === 'number' ? value + 1 : value
  }
  const visit = (value: Json): Json => {
    if (Array.isArray(value)) {
      const items = (value as readonly Json[]).map(visit)
      return ++count % 2 === 0 ? items.reverse() : items
    }
    if (!isMap(value)) return leaf(value)
    const kept = Object.entries(value).filter(() => ++count % 7 !== 0)
    return Object.fromEntries(kept.map(([name, member]) => [name, visit(member as Json)]))
  }
  const { apiVersion, kind, ...rest } = object
  return { apiVersion: apiVersion as Json, kind: kind as Json, ...(visit(rest) as JsonMap) }
}

/** The object without the list that describes it, and what its managers own. */
function split(object: JsonMap): { plain: JsonMap; sets: Json[] } {
  const { managedFields, ...metadata } = object['metadata'] as JsonMap
  const entries = (managedFields ?? []) as readonly JsonMap[]
  return { plain: { ...object, metadata }, sets: entries.map((it) => it['fieldsV1'] as Json) }
}

/** Extraction is only ever asked for leaves. */
function leavesOf(set: Json): Json {
  const decoded = decodeFieldsV1(set)
  if (isProblem(decoded)) throw new Error(decoded.message)
  return encodeFieldsV1(decoded.leaves())
}

/** `key` is `group/version/kind`; the oracle must have been given the group version's document under its name. */
export function realRequests(key: string, object: JsonMap): Request[] {
  const { plain, sets } = split(object)
  const base = { schema: key.slice(0, key.lastIndexOf('/')), type: DATA.kinds[key] as string, kind: key }
  const written = sets.flatMap((set): Request[] => [
    { op: 'extract', ...base, lhs: plain, set: leavesOf(set) },
    { op: 'remove', ...base, lhs: plain, set },
    ...SET_OPERATIONS.map((op) => ({ op, kind: key, set, set2: sets[0] as Json })),
  ])
  return [...typedRequests([plain, changed(plain)], { base, type: builtIn(key).root }), ...written]
}

/** What an empty object of every built-in kind is written as. */
export function emptyRequests(): Request[] {
  return Object.keys(DATA.kinds).map((key) => ({ op: 'empty', text: key, kind: key }))
}
