import {
  compileSchema,
  compareTyped,
  DEDUCED,
  decodeFieldsV1,
  encodeFieldsV1,
  extractItems,
  FieldSet,
  fieldSetOf,
  mergeTyped,
  type OpenApiDocument,
  removeItems,
  type TypeNode,
  validate,
} from '../../src/core/merge/index.ts'
import { type Json, compareQuantities, parseQuantity } from '../../src/core/kube/index.ts'
import { isProblem } from '../../src/core/problem/index.ts'
import { GVK } from './generate.ts'
import type { Answer, Request } from './oracle.ts'

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

/** This project's own answers to the oracle's questions, in its words; every refusal is the same to a test. */
export function answers(requests: readonly Request[]): Answer[] {
  const types = new Map<string, TypeNode>()
  return requests.map((request) => {
    if (request.op === 'schema') {
      const document: OpenApiDocument = { components: { schemas: request['schemas'] as never } }
      types.set(request['schema'] as string, compileSchema(document, GVK)?.root ?? DEDUCED.root)
      return {}
    }
    if (request.op === 'quantity') return answerQuantity(request)
    if (request['lhs'] === undefined) return answerSet(request)
    return answerValue(request, types.get(request['schema'] as string) ?? DEDUCED.root)
  })
}
