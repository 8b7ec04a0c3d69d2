// How the two values of a difference are shown: on one line where they fit, else line by line.
import { canonicalJson, isMap, type Json, type JsonMap } from '../../../core/kube/index.ts'
import { isMasked, type Masked, type ReportField } from '../../../core/record/index.ts'
import { type DiffLine, lineDiff } from './line-diff.ts'
import { count, lineText, valueText } from './plain.ts'
import { yamlText } from './structured.ts'

export interface ValueOptions {
  /** Characters that both values may have to stand on one line. */
  readonly width: number
  /** `full` leaves nothing out. */
  readonly detail: 'short' | 'full'
}

export interface ShownValues {
  /** Set when they fit on one line; the side that is absent is null. */
  readonly line?: { readonly git: string | null; readonly live: string | null }
  readonly lines: readonly DiffLine[]
}

type Value = Json | Masked

const LIMITS = { short: { value: 300, lines: 24 }, full: { value: 1_000_000, lines: 100_000 } } as const
/** Longer ones are no longer read, whoever asks. */
const HUGE = 2_000_000
/** What is left of the part that two long texts share. */
const SHARED = 40

/** A value that is easier to read in several lines. */
function isTall(value: Value): boolean {
  if (isMasked(value)) return false
  if (typeof value === 'string') return value.trimEnd().includes('\n')
  return Array.isArray(value) ? value.length > 0 : isMap(value) && Object.keys(value).length > 0
}

function tallLines(value: Value, limit: number): string[] {
  const text = typeof value === 'string' ? value : yamlText(value)
  const lines = text.slice(0, HUGE).split('\n')
  const whole = lines.at(-1) === '' ? lines.slice(0, -1) : [...lines, '\\ no line end']
  return whole.map((line) => lineText(line, limit))
}

/** Two long texts without most of what both begin with: the difference must not be in what is cut off. */
function focused(git: Value, live: Value, limit: number): [Value, Value] {
  if (typeof git !== 'string' || typeof live !== 'string') return [git, live]
  if (git.length <= limit && live.length <= limit) return [git, live]
  let same = 0
  while (same < git.length && git[same] === live[same]) same += 1
  const from = same - SHARED
  return from <= 1 ? [git, live] : [`…${git.slice(from)}`, `…${live.slice(from)}`]
}

function capped(lines: readonly DiffLine[], limit: number): readonly DiffLine[] {
  if (lines.length <= limit) return lines
  const left = count(lines.length - limit, 'more line')
  return [...lines.slice(0, limit), { sign: ' ', text: `… ${left}; -v shows all` }]
}

function oneSide(value: Value, sign: '-' | '+', { width, detail }: ValueOptions): ShownValues {
  const limits = LIMITS[detail]
  const text = valueText(value, limits.value)
  if (text.length <= width || !isTall(value))
    return { line: sign === '-' ? { git: text, live: null } : { git: null, live: text }, lines: [] }
  return {
    lines: capped(
      tallLines(value, limits.value).map((line) => ({ sign, text: line })),
      limits.lines,
    ),
  }
}

/** What the items of a list are called; null unless each has a name of its own. */
function itemNames(value: Value): readonly string[] | null {
  if (!Array.isArray(value) || value.length < 2) return null
  const names = value.map((item: Json) => (isMap(item) ? item.name : null))
  const told = names.filter((name) => typeof name === 'string')
  return told.length === names.length && new Set(told).size === told.length ? told : null
}

/** The same items in another order, by their names; `only`: nothing else differs. */
function reordered(desired: Value, live: Value): { git: string; live: string; only: boolean } | null {
  const [before, now] = [itemNames(desired), itemNames(live)]
  if (before === null || now === null || before.join('\n') === now.join('\n')) return null
  if (before.toSorted().join('\n') !== now.toSorted().join('\n')) return null
  const items = (value: Value): string => (value as readonly Json[]).map(canonicalJson).toSorted().join('\n')
  const shown = (names: readonly string[]): string => lineText(names.join(', '))
  return { git: shown(before), live: shown(now), only: items(desired) === items(live) }
}

/** The order of members means nothing: written as Git writes them, lines that mean the same are the same. */
function inOrderOf(shapes: readonly Value[], value: Value): Value {
  if (isMasked(value)) return value
  if (Array.isArray(value)) {
    const items = shapes.flatMap((shape) => (Array.isArray(shape) ? (shape as readonly Json[]) : []))
    return (value as readonly Json[]).map((item) => inOrderOf(items, item) as Json)
  }
  if (!isMap(value)) return value
  const maps = shapes.filter((shape) => isMap(shape)) as readonly JsonMap[]
  const names = new Set([...maps.flatMap((map) => Object.keys(map)), ...Object.keys(value)])
  return Object.fromEntries(
    [...names]
      .filter((name) => Object.hasOwn(value, name))
      .map((name) => {
        const below = maps
          .map((map) => (Object.hasOwn(map, name) ? map[name] : undefined))
          .filter((one) => one !== undefined)
        return [name, inOrderOf(below, value[name] as Json)]
      }),
  ) as JsonMap
}

export function shownValues(
  { desired, live }: Pick<ReportField, 'desired' | 'live'>,
  options: ValueOptions,
): ShownValues {
  if (desired === undefined) return live === undefined ? { lines: [] } : oneSide(live, '+', options)
  if (live === undefined) return oneSide(desired, '-', options)
  const limits = LIMITS[options.detail]
  const order = reordered(desired, live)
  if (order?.only === true) return { line: { git: `order ${order.git}`, live: order.live }, lines: [] }
  const isSmall = valueText(desired, limits.value).length + valueText(live, limits.value).length <= options.width
  if (isTall(desired) && isTall(live) && !isSmall) {
    const lines = lineDiff(tallLines(desired, limits.value), tallLines(inOrderOf([desired], live), limits.value))
    // Nothing to see: what differs is behind what was cut, or in the kind of value.
    const head: DiffLine[] = order === null ? [] : [{ sign: ' ', text: `order ${order.git} → ${order.live}` }]
    if (lines.some(({ sign }) => sign !== ' ')) return { lines: [...head, ...capped(lines, limits.lines)] }
  }
  const [a, b] = focused(desired, live, limits.value)
  const [git, now] = [valueText(a, limits.value), valueText(b, limits.value)]
  if (git.length + now.length <= options.width) return { line: { git, live: now }, lines: [] }
  return {
    lines: [
      { sign: '-', text: git },
      { sign: '+', text: now },
    ],
  }
}
