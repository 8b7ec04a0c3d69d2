// What happened around an object, as the cluster itself tells it: Events, conditions, kills for lack of memory. Bounded and
// cleaned: anybody who may write Events may write anything into them.
import type { Evidence } from '../classify/index.ts'
import { isMap, type Json, type KubeObject } from '../kube/index.ts'

const MOST_KEPT = 40
const MOST_METRICS = 10
const LONGEST = 300
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^/\s"']*@/g, '://***@'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 ***'],
  [
    /\b([\w.-]{0,30}(?:token|password|passwd|secret|api[-_]?key|private[-_]?key|credential)[\w.-]{0,30}["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&]+)/gi,
    '$1***',
  ],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '***'],
]

/** Other people's words on one line, of bounded length, without what looks like a credential. */
export function cleanText(text: string): string {
  // What is far beyond the bound is not looked at: no pattern may take long on it.
  const line = text
    .slice(0, 4 * LONGEST)
    .replace(UNSAFE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  const clean = CREDENTIALS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), line)
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const mapIn = (value: unknown, name: string): Readonly<Record<string, unknown>> => {
  const inner: unknown = isMap(value as Json) ? (value as Record<string, unknown>)[name] : undefined
  return isMap(inner as Json) ? (inner as Record<string, unknown>) : {}
}
const listIn = (value: unknown, name: string): readonly Readonly<Record<string, unknown>>[] => {
  const inner: unknown = isMap(value as Json) ? (value as Record<string, unknown>)[name] : undefined
  return Array.isArray(inner)
    ? (inner as unknown[]).filter((one): one is Record<string, unknown> => isMap(one as Json))
    : []
}

/** To the second, or null where it is no time. */
function timeOf(...values: readonly unknown[]): string | null {
  const found = values
    .map(textOf)
    .find((text) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text)))
  return found === undefined ? null : new Date(found).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Of `v1` and of `events.k8s.io/v1`, which share their store. */
export function eventEvidence(event: KubeObject): Evidence {
  const about = mapIn(event, 'involvedObject')
  const series = mapIn(event, 'series')
  const { reason, message, count, lastTimestamp, eventTime, firstTimestamp } = event as unknown as Record<
    string,
    unknown
  >
  const times = typeof series['count'] === 'number' ? series['count'] : count
  const often = typeof times === 'number' && times > 1 ? ` (${times} times)` : ''
  const by = textOf(mapIn(event, 'source')['component']) || textOf(event['reportingComponent'])
  const what = `${textOf(about['kind'])} ${textOf(about['name'])}: ${textOf(reason)}: ${textOf(message)}`
  return {
    source: 'event',
    detail: cleanText(what) + often + (by === '' ? '' : `, from ${cleanText(by)}`),
    time: timeOf(
      series['lastObservedTime'],
      lastTimestamp,
      eventTime,
      firstTimestamp,
      event.metadata.creationTimestamp,
    ),
  }
}

/** Conditions of an object that another controller looks after. */
export function conditionEvidence({ kind, metadata, status }: KubeObject): Evidence[] {
  return listIn(status, 'conditions')
    .slice(0, MOST_KEPT)
    .map((condition) => {
      const why = [textOf(condition['reason']), textOf(condition['message'])].filter((part) => part !== '').join(': ')
      const state = `${textOf(condition['type'])}=${textOf(condition['status'])}`
      const what = `${kind} ${metadata.name ?? ''}: ${state}${why === '' ? '' : ` (${why})`}`
      return { source: 'condition', detail: cleanText(what), time: timeOf(condition['lastTransitionTime']) }
    })
}

/** Containers that were killed for lack of memory, as their pod still tells. */
export function oomEvidence({ metadata, status }: KubeObject): Evidence[] {
  const containers = [...listIn(status, 'containerStatuses'), ...listIn(status, 'initContainerStatuses')]
  return containers.flatMap((container) => {
    const states = [mapIn(container, 'lastState'), mapIn(container, 'state')].map((state) => mapIn(state, 'terminated'))
    const killed = states.find(({ reason }) => reason === 'OOMKilled')
    if (killed === undefined) return []
    const { restartCount } = container
    const restarts = typeof restartCount === 'number' ? `, restarted ${restartCount} times` : ''
    const what = `Pod ${metadata.name ?? ''}: container ${textOf(container['name'])}: OOMKilled${restarts}`
    return [{ source: 'pod', detail: cleanText(what), time: timeOf(killed['finishedAt']) } as const]
  })
}

const numberText = (value: unknown): string => (typeof value === 'number' ? String(value) : 'unknown')

/** A metric of an autoscaler: `cpu 93% of 80%`, or a quantity of a quantity. */
function metricText(wanted: Readonly<Record<string, unknown>>, measured: Readonly<Record<string, unknown>>): string {
  const value = ({ averageUtilization, averageValue, value: whole }: Readonly<Record<string, unknown>>): string => {
    if (typeof averageUtilization === 'number') return `${averageUtilization}%`
    return textOf(averageValue) || textOf(whole) || 'unknown'
  }
  return `${value(mapIn(measured, 'current'))} of ${value(mapIn(wanted, 'target'))}`
}

/** What a HorizontalPodAutoscaler may do, wants, and is told by its metrics. */
export function autoscalerEvidence({ kind, metadata, spec, status }: KubeObject): Evidence {
  const { minReplicas = 1, maxReplicas } = mapIn({ spec } as Json, 'spec')
  const { currentReplicas, desiredReplicas, lastScaleTime } = mapIn({ status } as Json, 'status')
  const measured = listIn(status, 'currentMetrics')
  const metrics = listIn(spec, 'metrics')
    .slice(0, MOST_METRICS)
    .flatMap((metric) => {
      const type = textOf(metric['type'])
      const field = type.charAt(0).toLowerCase() + type.slice(1)
      const wanted = mapIn(metric, field)
      const name = textOf(wanted['name']) || textOf(mapIn(wanted, 'metric')['name'])
      const same = measured
        .map((one) => mapIn(one, field))
        .find((one) => (textOf(one['name']) || textOf(mapIn(one, 'metric')['name'])) === name)
      return name === '' ? [] : [`${name} ${metricText(wanted, same ?? {})}`]
    })
  const bounds = `min ${numberText(minReplicas)}, max ${numberText(maxReplicas)}`
  const counts = `current ${numberText(currentReplicas)}, desired ${numberText(desiredReplicas)}`
  const what = `${kind} ${metadata.name ?? ''}: ${[`${bounds}, ${counts}`, ...metrics].join('; ')}`
  return { source: 'autoscaler', detail: cleanText(what), time: timeOf(lastScaleTime) }
}

/** One list, by time; the newest stay where there are too many. What was told twice is told as it was told last. */
export function mergeEvidence(known: readonly Evidence[], more: readonly Evidence[]): readonly Evidence[] {
  const key = ({ source, detail }: Evidence): string => `${source} ${detail.replace(/ \(\d+ times\)/, '')}`
  const all = new Map([...known, ...more].map((one) => [key(one), one]))
  const order = (one: Evidence): string => one.time ?? ''
  return [...all.values()].sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0)).slice(-MOST_KEPT)
}
