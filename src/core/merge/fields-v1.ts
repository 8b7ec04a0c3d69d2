import { isMap, type JsonMap, type PathElement } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { elementText, parseElement } from './element.ts'
import { FieldSet, type FieldSetEntry } from './field-set.ts'

/** No object that the server stores is deeper; bounds the recursion on hostile input. */
const MAX_DEPTH = 1000

class Broken extends Error {}

function isLeaf(json: object): boolean {
  for (const _ in json) return false
  return true
}

interface Decoded {
  readonly set: FieldSet
  readonly member: boolean
}

const LEAF: Decoded = { set: FieldSet.EMPTY, member: true }

function decodeLevel(json: unknown, depth: number): Decoded {
  if (json === null) return LEAF
  if (!isMap(json)) throw new Broken(`expected an object, found ${Array.isArray(json) ? 'a list' : typeof json}`)
  if (isLeaf(json)) return LEAF
  if (depth > MAX_DEPTH) throw new Broken(`nested deeper than ${MAX_DEPTH} levels`)
  const entries = new Map<string, FieldSetEntry>()
  for (const key of Object.keys(json)) {
    if (key === '.') continue
    const element = parseElement(key)
    if (element === null) throw new Broken(`${JSON.stringify(key.slice(0, 80))} is no path element`)
    if (element !== 'unknown') enter(entries, { key, element }, decodeLevel(json[key], depth + 1))
  }
  // Nothing below that is understood: the server then takes the element itself to be owned.
  if (entries.size === 0) return LEAF
  return { set: new FieldSet(entries), member: Object.hasOwn(json, '.') }
}

/** Of two spellings of one element (`v:1`, `v:1.0`) what lies below the later one counts, as on the server. */
function enter(
  entries: Map<string, FieldSetEntry>,
  { key, element }: { key: string; element: PathElement },
  below: Decoded,
): void {
  const text = element.kind === 'field' ? key : elementText(element)
  const known = entries.get(text)
  entries.set(text, {
    element,
    member: below.member || known?.member === true,
    children: known !== undefined && below.set.isEmpty ? known.children : below.set,
  })
}

/**
 * Reads `managedFields[].fieldsV1`. Elements of a type not known yet are left out, as the server does; anything else
 * that is not fieldsV1 makes the whole entry a problem (HF5003), never a partial set.
 */
export function decodeFieldsV1(json: unknown): FieldSet | Problem {
  try {
    return decodeLevel(json, 0).set
  } catch (error) {
    if (error instanceof Broken) return problem('HF5003', `fieldsV1 cannot be read: ${error.message}.`)
    throw error
  }
}

export type FieldsV1Decoder = (json: unknown) => FieldSet | Problem

/** A decoder that remembers its answers by the identity of the JSON; the JSON must not be changed afterwards. */
export function createFieldsV1Decoder(): FieldsV1Decoder {
  const known = new WeakMap<object, FieldSet | Problem>()
  return (json) => {
    if (typeof json !== 'object' || json === null) return decodeFieldsV1(json)
    let answer = known.get(json)
    if (answer === undefined) {
      answer = decodeFieldsV1(json)
      known.set(json, answer)
    }
    return answer
  }
}

function encodeInto(out: Record<string, JsonMap>, set: FieldSet): JsonMap {
  for (const { element, member, children } of set.sorted()) {
    const below: Record<string, JsonMap> = member && !children.isEmpty ? { '.': {} } : {}
    out[elementText(element)] = encodeInto(below, children)
  }
  return out
}

/** The set as the server writes it, members of each level in its order: `JSON.stringify` gives its bytes. */
export function encodeFieldsV1(set: FieldSet): JsonMap {
  return encodeInto({}, set)
}
