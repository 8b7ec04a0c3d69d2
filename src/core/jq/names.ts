// Are all functions and variables of a program known before it runs?
import { BUILTINS } from './builtins.ts'
import type { Filter, Fold } from './filter.ts'

interface Known {
  readonly functions: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
  readonly labels: ReadonlySet<string>
}

const NOTHING: Known = { functions: new Set(), variables: new Set(), labels: new Set() }

function withVariable(known: Known, name: string): Known {
  return { ...known, variables: new Set([...known.variables, name]) }
}

function inside(known: Known, { name, params }: { name: string; params: readonly string[] }): Known {
  const own = params.map((param) => param.replace(/^\$/, ''))
  const bound = params.filter((param) => param.startsWith('$')).map((param) => param.slice(1))
  return {
    functions: new Set([...known.functions, `${name}/${params.length}`, ...own.map((param) => `${param}/0`)]),
    variables: new Set([...known.variables, ...bound]),
    labels: known.labels,
  }
}

type Part = readonly [Filter, Known]

const BINDING: { readonly [Op in Filter['op']]?: (filter: Extract<Filter, { op: Op }>, known: Known) => Part[] } = {
  string: ({ parts }, known) => parts.flatMap((part): Part[] => (typeof part === 'string' ? [] : [[part, known]])),
  object: ({ entries }, known) =>
    entries.flatMap(({ key, value }): Part[] => [
      [key, known],
      [value, known],
    ]),
  reduce: (fold, known) => folded(fold, known),
  foreach: (fold, known) => folded(fold, known),
  bind: ({ of, name, body }, known) => [
    [of, known],
    [body, withVariable(known, name)],
  ],
  label: ({ body, name }, known) => [[body, { ...known, labels: new Set([...known.labels, name]) }]],
  define: (filter, known) => {
    const functions = new Set([...known.functions, `${filter.name}/${filter.params.length}`])
    return [
      [filter.body, inside(known, filter)],
      [filter.rest, { ...known, functions }],
    ]
  },
}

function folded({ of, name, start, update, extract }: Fold, known: Known): Part[] {
  const inner = withVariable(known, name)
  const last: Part[] = extract === null ? [] : [[extract, inner]]
  return [[of, known], [start, known], [update, inner], ...last]
}

function partsOf(filter: Filter, known: Known): Part[] {
  const binding = BINDING[filter.op] as ((filter: Filter, known: Known) => Part[]) | undefined
  return binding === undefined ? simpleParts(filter).map((part): Part => [part, known]) : binding(filter, known)
}

function simpleParts(filter: Filter): Filter[] {
  return Object.values(filter)
    .flat()
    .filter((part): part is Filter => typeof part === 'object' && part !== null && Object.hasOwn(part as object, 'op'))
}

function own(filter: Filter, known: Known): string | null {
  if (filter.op === 'variable') return known.variables.has(filter.name) ? null : `the variable $${filter.name}`
  if (filter.op === 'break') return known.labels.has(filter.name) ? null : `the label $${filter.name}`
  if (filter.op !== 'call') return null
  const name = `${filter.name}/${filter.args.length}`
  return known.functions.has(name) || BUILTINS.has(name) ? null : `the function ${name}`
}

/** What is used and neither defined nor supported, such as `the function gsub/2`; null = nothing. */
export function unknownName(filter: Filter, known: Known = NOTHING): string | null {
  const found = own(filter, known)
  if (found !== null || filter.op === 'literal') return found
  for (const [part, inner] of partsOf(filter, known)) {
    const missing = unknownName(part, inner)
    if (missing !== null) return missing
  }
  return null
}
