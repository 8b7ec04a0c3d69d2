// One deviation → what of it is explained, and what is not.
import { type FieldPath, isMap, type Json, type JsonMap } from '../kube/index.ts'
import type { TypeNode } from '../merge/index.ts'
import { cover, type CoverContext } from './cover.ts'
import { isOmittedZero, itemType, memberType, typeAt } from './element.ts'
import { sameAsAbsent } from './empty.ts'
import { equivalent } from './equivalent.ts'
import { ruleFor } from './explain.ts'
import type { BuiltinRule } from './rule.ts'
import type { Explanation } from './types.ts'
import { type Deviation, walkValue } from './walk.ts'

export interface Explained {
  readonly rest: readonly Deviation[]
  readonly found: readonly (Explanation & { readonly deviation: Deviation })[]
}

const NOTHING: Explained = { rest: [], found: [] }

function explainAdded(deviation: Deviation, context: CoverContext): Explained {
  const { path } = deviation
  const { found, left } = cover(
    {
      path,
      value: deviation.live ?? null,
      parent: context.locate.parentAt(context.live as unknown as JsonMap, path),
      type: typeAt(context.schema, path),
    },
    context,
  )
  return {
    rest: left.map((node) => ({ ...deviation, path: node.path, live: node.value })),
    found: found.map(({ path: at, value, rule, owner, carry, confidence }) => {
      const inner = { path: at, change: deviation.change, desired: deviation.desired, live: value }
      const explained = { rule, owner, carry, deviation: inner }
      return confidence === undefined ? explained : { ...explained, confidence }
    }),
  }
}

interface Pair {
  readonly path: FieldPath
  readonly desired: Json | undefined
  readonly live: Json | undefined
  readonly type: TypeNode
}

/** Member pairs of two atomic values of the same shape; null when the shapes differ. */
function pairs({ path, desired, live }: Deviation, type: TypeNode): Pair[] | null {
  if (Array.isArray(desired) && Array.isArray(live)) {
    if (desired.length !== live.length) return null
    const item = itemType(type)
    return (desired as readonly Json[]).map((value, index) => ({
      path: [...path, { kind: 'index', index }],
      desired: value,
      live: live[index] as Json,
      type: item,
    }))
  }
  if (!isMap(desired) || !isMap(live)) return null
  const names = [...new Set([...Object.keys(desired), ...Object.keys(live)])]
  const own = (map: JsonMap, name: string): Json | undefined => (Object.hasOwn(map, name) ? map[name] : undefined)
  return names.map((name) => ({
    path: [...path, { kind: 'field', name }],
    desired: own(desired, name),
    live: own(live, name),
    type: memberType(type, name),
  }))
}

/** An atomic list or map may differ only by defaults inside it; then it does not differ. */
function explainAtomic(deviation: Deviation, context: CoverContext): Explained {
  const whole: Explained = { rest: [deviation], found: [] }
  const inside = context.hasForm ? null : pairs(deviation, typeAt(context.schema, deviation.path))
  if (inside === null) return whole
  const found: Explained['found'][number][] = []
  for (const { path, desired, live, type } of inside) {
    const { deviations } = walkValue({ desired, live, form: undefined }, type, { hasForm: false, at: path })
    for (const inner of deviations) {
      const part = explain(inner, context)
      if (part.rest.length > 0) return whole
      found.push(...part.found)
    }
  }
  return { rest: [], found }
}

/** Items that a controller or admission puts between those of an atomic list are explained one by one. */
function explainInserted(deviation: Deviation, context: CoverContext): Explained | undefined {
  const { path, desired, live } = deviation
  if (!Array.isArray(desired) || !Array.isArray(live) || live.length <= desired.length) return undefined
  const type = itemType(typeAt(context.schema, path))
  let next = 0
  let rule: BuiltinRule | undefined
  for (const [index, value] of (live as readonly Json[]).entries()) {
    if (next < desired.length && equivalent(desired[next] as Json, value, type)) {
      next++
      continue
    }
    rule = ruleFor({ path: [...path, { kind: 'index', index }], value, parent: null }, context)
    if (rule === undefined) return undefined
  }
  if (next < desired.length || rule === undefined) return undefined
  return { rest: [], found: [{ rule: rule.id, owner: rule.owner, carry: true, deviation }] }
}

/** Is what Git declares the same as to declare nothing? */
function isNothing({ path, desired }: Deviation, { schema, group }: CoverContext): boolean {
  const node = { path, value: desired ?? null, type: typeAt(schema, path) }
  return sameAsAbsent(node, group) || isOmittedZero(schema, path, desired)
}

/** `rules: []` of an aggregated ClusterRole: what stands where Git declares nothing may have been put there for it. */
function explainFilled(deviation: Deviation, context: CoverContext): Explained | undefined {
  if (!isNothing(deviation, context)) return undefined
  const { rest, found } = explainAdded({ ...deviation, change: 'added' }, context)
  if (rest.length > 0) return undefined
  return {
    rest,
    found: found.map((part) => ({ ...part, deviation: { ...part.deviation, change: 'changed' }, carry: true })),
  }
}

function explainReordered(deviation: Deviation, within: readonly Deviation[], context: CoverContext): Explained {
  const inner = within.map((addition) => explainAdded(addition, context))
  return {
    rest: [{ ...deviation, within: inner.flatMap(({ rest }) => rest) }],
    found: inner.flatMap(({ found }) => found),
  }
}

export function explain(deviation: Deviation, context: CoverContext): Explained {
  const { change } = deviation
  if (change === 'added') return explainAdded(deviation, context)
  if (deviation.within !== undefined) return explainReordered(deviation, deviation.within, context)
  if (change === 'changed')
    return explainFilled(deviation, context) ?? explainInserted(deviation, context) ?? explainAtomic(deviation, context)
  return !context.hasForm && isNothing(deviation, context) ? NOTHING : { rest: [deviation], found: [] }
}
