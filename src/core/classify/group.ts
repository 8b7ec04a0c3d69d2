// The same cause behind many differences is one row: one upgrade of a controller, one script over a namespace.
import type { Actor, Cause } from './cause.ts'

export type CauseKey = Pick<
  Cause,
  'class' | 'means' | 'tool' | 'mechanism' | 'source' | 'intended' | 'fixBelongsIn'
> & {
  readonly actor: Pick<Actor, 'user' | 'manager' | 'kind'>
}

export interface CauseGroup extends CauseKey {
  readonly objects: number
  readonly fields: number
  /** Between the earliest and the latest time that the evidence gives; null = it gives none. */
  readonly from: string | null
  readonly to: string | null
  /** Some of the places, `formatRef` and path. */
  readonly examples: readonly string[]
}

/** One difference in one place. */
export interface Placed {
  readonly object: string
  /** '' = the whole object. */
  readonly path: string
  readonly cause: Cause
}

const EXAMPLES = 3

function keyOf({ class: driftClass, means, tool, mechanism, source, intended, fixBelongsIn, actor }: Cause): CauseKey {
  const { user, manager, kind } = actor
  return { class: driftClass, means, tool, mechanism, source, intended, fixBelongsIn, actor: { user, manager, kind } }
}

interface Gathering {
  readonly key: CauseKey
  readonly objects: Set<string>
  readonly places: string[]
  readonly times: string[]
}

function rowOf({ key, objects, places, times }: Gathering): CauseGroup {
  const sorted = times.toSorted()
  return {
    ...key,
    objects: objects.size,
    fields: places.length,
    from: sorted[0] ?? null,
    to: sorted.at(-1) ?? null,
    examples: places.toSorted().slice(0, EXAMPLES),
  }
}

/** The widest first. */
export function groupCauses(placed: readonly Placed[]): readonly CauseGroup[] {
  const groups = new Map<string, Gathering>()
  for (const { object, path, cause } of placed) {
    const key = keyOf(cause)
    const text = JSON.stringify(key)
    const group = groups.get(text) ?? { key, objects: new Set(), places: [], times: [] }
    groups.set(text, group)
    group.objects.add(object)
    group.places.push(path === '' ? object : `${object} ${path}`)
    if (cause.actor.time !== null) group.times.push(cause.actor.time)
  }
  return [...groups]
    .sort(([a, x], [b, y]) => y.places.length - x.places.length || (a < b ? -1 : 1))
    .map(([, group]) => rowOf(group))
}
