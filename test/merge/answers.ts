import {
  compileSchema,
  compareTyped,
  DEDUCED,
  decodeFieldsV1,
  emptyObject,
  encodeFieldsV1,
  extractItems,
  FieldSet,
  fieldSetOf,
  mergeTyped,
  removeItems,
  type TypeNode,
  validate,
} from '../../src/core/merge/index.ts'
import { type Json, type JsonMap, compareQuantities, parseQuantity } from '../../src/core/kube/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'
import { builtIn } from './built-in.ts'
import { GVK, type Step } from './generate.ts'
import type { Answer, Request } from './oracle.ts'
import { runScript } from './script.ts'

const FAILED: Answer = { error: 'refused' }

function decode(json: unknown): FieldSet {
  const set = decodeFieldsV1(json ?? {})
  if (isProblem(set)) throw new Error(set.message)
  return set
}

function answerSet(request: Request): Answer {
  const set = decodeFieldsV1(request['set'])
  if (isProblem(set)) return FAILED
  const other = decodeFieldsV1(request['set2'] ?? {})
  if (isProblem(other)) return FAILED
  switch (request.op) {
    case 'recode':
      return { set: encodeFieldsV1(set) }
    case 'leaves':
      return { set: encodeFieldsV1(set.leaves()) }
    case 'union':
      return { set: encodeFieldsV1(set.union(other)) }
    case 'intersection':
      return { set: encodeFieldsV1(set.intersection(other)) }
    case 'difference':
      return { set: encodeFieldsV1(set.difference(other)) }
    default:
      return { set: encodeFieldsV1(set.recursiveDifference(other)) }
  }
}

function answerPair(request: Request, type: TypeNode): Answer {
  const lhs = request['lhs'] as Json
  const rhs = request['rhs'] as Json
  if (request.op === 'merge') {
    if (validate(rhs, type).length > 0) return FAILED
    return { value: mergeTyped(lhs, rhs, type) }
  }
  if (validate(rhs, type, { duplicates: 'allowed' }).length > 0) return FAILED
  const { added, removed, modified } = compareTyped(lhs, rhs, type)
  return { added: encodeFieldsV1(added), removed: encodeFieldsV1(removed), modified: encodeFieldsV1(modified) }
}

function answerValue(request: Request, type: TypeNode): Answer {
  const lhs = request['lhs'] as Json
  if (request.op === 'validate') return validate(lhs, type).length > 0 ? FAILED : {}
  if (validate(lhs, type, { duplicates: 'allowed' }).length > 0) return FAILED
  switch (request.op) {
    case 'fieldset':
      return { set: encodeFieldsV1(fieldSetOf(lhs, type)) }
    case 'extract':
      return { value: extractItems(lhs, decode(request['set']), { type }) }
    case 'extractWithKeys':
      return { value: extractItems(lhs, decode(request['set']), { type, keyFields: 'added' }) }
    case 'remove':
      return { value: removeItems(lhs, decode(request['set']), type) }
    default:
      return answerPair(request, type)
  }
}

function answerQuantity(request: Request): Answer {
  const one = parseQuantity(request['text'] as string)
  if (one === null) return FAILED
  if (!request['text2']) return { text: one.text }
  const two = parseQuantity(request['text2'] as string)
  return two === null ? FAILED : { text: one.text, order: compareQuantities(one, two) }
}

function typeOf(schemas: Record<string, JsonMap>, version: string): TypeNode {
  const own = { ...schemas[`t.${version}`], 'x-kubernetes-group-version-kind': [GVK] }
  return compileSchema({ components: { schemas: { [`t.${version}`]: own } } }, GVK)?.root ?? DEDUCED.root
}

function answerAs(request: Request, type: TypeNode): Answer {
  if (request.op === 'empty') return { value: emptyObject(builtIn(request['text'] as string)) }
  return request['lhs'] === undefined ? answerSet(request) : answerValue(request, type)
}

/** This project's own answers to the oracle's questions, in its words; every refusal is the same to a test. */
export function answers(requests: readonly Request[]): Answer[] {
  const types = new Map<string, TypeNode>()
  const versions = new Map<string, TypeNode>()
  return requests.map((request) => {
    if (request.op === 'schema') {
      const schemas = request['schemas'] as Record<string, JsonMap>
      if (schemas['t.v1'] !== undefined)
        for (const version of ['v1', 'v2']) versions.set(version, typeOf(schemas, version))
      else types.set(request['schema'] as string, compileSchema({ components: { schemas } }, GVK)?.root ?? DEDUCED.root)
      return {}
    }
    if (typeof request['kind'] === 'string') return answerAs(request, builtIn(request['kind']).root)
    if (request.op === 'script') return { steps: runScript(request['steps'] as Step[], versions) }
    if (request.op === 'quantity') return answerQuantity(request)
    return answerAs(request, types.get(request['schema'] as string) ?? DEDUCED.root)
  })
}
