import fc from 'fast-check'
import type { Json, JsonMap } from '../../src/core/kube/index.ts'
import {
  compileSchema,
  DEDUCED,
  encodeFieldsV1,
  FieldSet,
  fieldSetOf,
  type TypeNode,
} from '../../src/core/merge/index.ts'
import { documentOf, GVK, schemaAndValues, type Script, scriptOf } from './generate.ts'
import type { Request } from './oracle.ts'
import { extractsWithinMember } from './exceptions.ts'

export const SET_OPERATIONS = [
  'union',
  'intersection',
  'difference',
  'recursiveDifference',
  'leaves',
  'recode',
] as const

/** Every third path, so that members and gaps alternate in a way that only depends on the value. */
function someOf(set: FieldSet): FieldSet {
  return FieldSet.of([...set.paths()].filter((_, index) => index % 3 === 0))
}

interface Subject {
  /** `kind` (`group/version/kind`) names a shipped schema on this side, the others one that the oracle was given. */
  readonly base: { readonly schema?: string; readonly type?: string; readonly kind?: string }
  readonly type: TypeNode
}

function valueRequests(values: readonly Json[], { base, type }: Subject): Request[] {
  return values.flatMap((lhs): Request[] => {
    const set = fieldSetOf(lhs, type)
    const leaves = set.leaves()
    const requests: Request[] = [
      { op: 'validate', ...base, lhs },
      { op: 'fieldset', ...base, lhs },
      { op: 'remove', ...base, lhs, set: encodeFieldsV1(someOf(set)) },
      { op: 'extract', ...base, lhs, set: encodeFieldsV1(leaves) },
      { op: 'extractWithKeys', ...base, lhs, set: encodeFieldsV1(leaves) },
    ]
    return requests.filter((request) => !request.op.startsWith('extract') || !extractsWithinMember(lhs, leaves, type))
  })
}

function pairRequests(pairs: readonly (readonly [Json, Json])[], { base, type }: Subject): Request[] {
  return pairs.flatMap(([lhs, rhs]): Request[] => {
    const set = encodeFieldsV1(fieldSetOf(lhs, type))
    const set2 = encodeFieldsV1(fieldSetOf(rhs, type))
    return [
      { op: 'compare', ...base, lhs, rhs },
      { op: 'merge', ...base, lhs, rhs },
      ...SET_OPERATIONS.map((op) => ({ op, set, set2 })),
    ]
  })
}

/** All questions about values of one type, and about each and the one after it. */
export function typedRequests(values: readonly Json[], subject: Subject): Request[] {
  const pairs = values.map((value, index) => [value, values[(index + 1) % values.length] as Json] as const)
  return [...valueRequests(values, subject), ...pairRequests(pairs, subject)]
}

function requestsOf(name: string, schema: JsonMap, values: readonly Json[]): Request[] {
  const document = documentOf(schema)
  const typed = { base: { schema: name, type: 't' }, type: compileSchema(document, GVK)?.root ?? DEDUCED.root }
  const untyped = { base: {}, type: DEDUCED.root }
  const [a, b, c] = values as [Json, Json, Json]
  return [
    { op: 'schema', schema: name, schemas: document.components?.schemas },
    ...valueRequests(values, typed),
    ...pairRequests(
      [
        [a, b],
        [b, c],
        [a, a],
      ],
      typed,
    ),
    ...valueRequests([a], untyped),
    ...pairRequests([[a, b]], untyped),
  ]
}

const digits = fc.stringMatching(/^[0-9]{0,20}$/)
const quantityText = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', '', '+', '-'),
      digits,
      fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{0,12}$/)),
      fc.constantFrom(
        '',
        'n',
        'u',
        'm',
        'k',
        'K',
        'M',
        'G',
        'T',
        'P',
        'E',
        'Ki',
        'Mi',
        'Gi',
        'Ti',
        'Pi',
        'Ei',
        'e3',
        'E6',
        'e-3',
        'e',
        'e+2',
        'x',
        'mi',
      ),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(
      fc.integer({ min: -2000, max: 5000 }),
      fc.constantFrom('', 'm', 'Ki', 'Mi', 'M', '.5Gi', '.50', '000', '000m'),
    )
    .map((parts) => parts.join('')),
)

/** All questions about one schema and three of its values. */
export function caseRequests({ schema, values }: { schema: JsonMap; values: readonly Json[] }, name = 's'): Request[] {
  return requestsOf(name, schema, values)
}

/** One script of writes; the schema is its own in each version. */
export function scriptRequests({ schemas, steps }: Script, name = 'script'): Request[] {
  return [
    { op: 'schema', schema: name, schemas },
    { op: 'script', schema: name, type: 't', steps },
  ]
}

/** Requests that depend on nothing but the seed. */
export function generatedRequests(options: { seed: number; count: number }): Request[] {
  const cases = fc.sample(schemaAndValues, { seed: options.seed, numRuns: options.count })
  const scripts = fc.sample(scriptOf, { seed: options.seed, numRuns: options.count * 2 })
  const quantities = fc.sample(fc.tuple(quantityText, quantityText), { seed: options.seed, numRuns: options.count * 5 })
  return [
    ...cases.flatMap((it, index) => caseRequests(it, `s${index}`)),
    ...scripts.flatMap((it, index) => scriptRequests(it, `script${index}`)),
    ...quantities.map(([text, text2]): Request => ({ op: 'quantity', text, text2 })),
  ]
}
