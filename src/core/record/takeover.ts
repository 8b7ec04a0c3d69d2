// What beginning to enforce would do first, and what was there before, by whoever left it.
import { isMissingMark } from '../desired/index.ts'
import { formatRef } from '../kube/index.ts'
import type { DriftReport, ReportField } from './report.ts'

/** Additions that were there before, of one manager over all applications. */
export interface TakeoverGroup {
  /** null = nobody is known. */
  readonly manager: string | null
  readonly tool: string | null
  readonly apps: readonly string[]
  readonly objects: number
  readonly fields: number
  readonly places: readonly { readonly app: string; readonly object: string; readonly path: string }[]
}

export interface TakeoverApp {
  readonly app: string
  /** Places that would be healed by the first pass, and objects that would be created. */
  readonly healed: readonly string[]
  readonly created: readonly string[]
  /** Objects that get Holdfast's mark with their next write; nothing else of them is touched for it. */
  readonly marked: readonly string[]
  /** Places that stay as they are until they are accepted or a sync is asked for. */
  readonly held: readonly string[]
  /** Objects that left Git. */
  readonly extra: readonly string[]
}

export interface Takeover {
  readonly apps: readonly TakeoverApp[]
  readonly groups: readonly TakeoverGroup[]
}

interface Place {
  readonly app: string
  readonly object: string
  readonly field: ReportField
}

const placesOf = (app: string, { objects }: DriftReport): Place[] =>
  objects.flatMap((object) => object.fields.map((field) => ({ app, object: formatRef(object.ref), field })))

const isMark = ({ change, path, desired }: ReportField): boolean => isMissingMark({ change, at: path, desired })

function appOf(app: string, report: DriftReport): TakeoverApp {
  const told = ({ object, field }: Place): string => `${object} ${field.path}`
  const places = placesOf(app, report)
  const whole = (difference: string): string[] =>
    report.objects.filter((object) => object.difference === difference).map(({ ref }) => formatRef(ref))
  return {
    app,
    healed: places.filter(({ field }) => field.change !== 'added' && !isMark(field)).map(told),
    created: whole('missing'),
    marked: [...new Set(places.filter(({ field }) => isMark(field)).map(({ object }) => object))],
    held: places.filter(({ field }) => field.change === 'added').map(told),
    extra: whole('extra'),
  }
}

export function takeoverOf(reports: readonly { readonly app: string; readonly report: DriftReport }[]): Takeover {
  const groups = new Map<string, Place[]>()
  for (const place of reports.flatMap(({ app, report }) => placesOf(app, report))) {
    if (place.field.change !== 'added') continue
    const key = place.field.cause.actor.manager ?? ''
    groups.set(key, [...(groups.get(key) ?? []), place])
  }
  return {
    apps: reports.map(({ app, report }) => appOf(app, report)),
    groups: [...groups]
      .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
      .map(([manager, places]) => ({
        manager: manager === '' ? null : manager,
        tool: places[0]?.field.cause.tool ?? null,
        apps: [...new Set(places.map(({ app }) => app))].sort(),
        objects: new Set(places.map(({ app, object }) => `${app} ${object}`)).size,
        fields: places.length,
        places: places.map(({ app, object, field }) => ({ app, object, path: field.path })),
      })),
  }
}
