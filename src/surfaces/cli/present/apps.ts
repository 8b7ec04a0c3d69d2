import { createColors } from 'picocolors'
import type { HealthStatus } from '../../../core/health/index.ts'
import { formatRef, type ObjectRef } from '../../../core/kube/index.ts'
import { lineText, prettyJson } from './plain.ts'
import { yamlText } from './structured.ts'
import { table } from './table.ts'

export type SyncStatus = 'Synced' | 'OutOfSync' | 'Unknown'

/** One Application as `app list` shows it. Names as in the Application's own spec and status. */
export interface AppRow {
  readonly namespace: string
  readonly name: string
  readonly project: string
  readonly destination: { readonly server: string; readonly namespace: string }
  readonly sync: SyncStatus
  readonly health: HealthStatus
  /** Full commit; '' when none was resolved yet. */
  readonly revision: string
  /** What its annotation asks for; null = nothing, and the options of the controller decide. */
  readonly mode: 'enforce' | 'observe' | null
  readonly syncPolicy: 'Manual' | 'Auto' | 'Auto-Prune'
  readonly repoURL: string
  readonly path: string
  readonly targetRevision: string
  /** ISO time of the last comparison; null when none was made. */
  readonly comparedAt: string | null
}

export interface AppCondition {
  readonly type: string
  /** '' where it has none. */
  readonly reason: string
  readonly message: string
  readonly lastTransitionTime: string | null
}

export interface AppResource {
  readonly ref: ObjectRef
  readonly sync: SyncStatus
  /** null for kinds without a health check. */
  readonly health: HealthStatus | null
  readonly message: string
}

/** One of the sources, as it is declared. */
export interface AppSource {
  readonly repoURL: string
  /** The path, or the chart; '' where it is only referred to. */
  readonly path: string
  readonly targetRevision: string
  /** What others call it; '' = nothing. */
  readonly ref: string
}

export interface AppDetail extends AppRow {
  readonly sources: readonly AppSource[]
  readonly conditions: readonly AppCondition[]
  readonly resources: readonly AppResource[]
  readonly operation: { readonly phase: string; readonly message: string; readonly finishedAt: string | null } | null
}

export interface AppTextOptions {
  readonly color: 'always' | 'never'
  /** Long messages are broken there; null = not at all. */
  readonly columns?: number | null
}

/** A condition says what happened and what to do: nothing of it may be lost. */
const MESSAGE_LIMIT = 4_000

const GOOD = new Set(['Synced', 'Healthy'])
const BAD = new Set(['OutOfSync', 'Degraded', 'Missing', 'Unknown'])

function painter({ color }: AppTextOptions): (text: string) => string {
  const colors = createColors(color === 'always')
  return (text) => (GOOD.has(text) ? colors.green(text) : BAD.has(text) ? colors.red(text) : text)
}

/** One for each source. */
const short = (revisions: string): string =>
  revisions
    .split(' ')
    .map((one) => (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(one) ? one.slice(0, 7) : lineText(one, 40)))
    .join(' ')

export function appListText(apps: readonly AppRow[], options: AppTextOptions): string {
  if (apps.length === 0) return '(no applications)\n'
  const head = ['NAME', 'NAMESPACE', 'PROJECT', 'SYNC', 'HEALTH', 'REVISION', 'MODE', 'POLICY']
  const rows = apps.map((app) => [
    `${app.namespace}/${app.name}`,
    app.destination.namespace,
    app.project,
    app.sync,
    app.health,
    short(app.revision),
    app.mode ?? '-',
    app.syncPolicy,
  ])
  return table({ head, rows, paint: painter(options) })
}

/** With the columns that make a line long. */
export function appListWide(apps: readonly AppRow[], options: AppTextOptions): string {
  if (apps.length === 0) return '(no applications)\n'
  const head = ['NAME', 'SERVER', 'NAMESPACE', 'PROJECT', 'SYNC', 'HEALTH', 'REVISION', 'MODE', 'POLICY']
  const more = ['COMPARED', 'TARGET', 'PATH', 'REPOSITORY']
  const rows = apps.map((app) => [
    `${app.namespace}/${app.name}`,
    app.destination.server,
    app.destination.namespace,
    app.project,
    app.sync,
    app.health,
    short(app.revision),
    app.mode ?? '-',
    app.syncPolicy,
    app.comparedAt ?? 'never',
    app.targetRevision,
    app.path === '' ? '.' : app.path,
    app.repoURL,
  ])
  return table({ head: [...head, ...more], rows, paint: painter(options) })
}

function sourceText({ repoURL, path, targetRevision, ref }: AppSource): string {
  const what =
    path === '' && ref === '' ? '.' : [path, ref === '' ? '' : `as $${ref}`].filter((part) => part !== '').join(' ')
  return `${repoURL} ${what} (${targetRevision})`
}

function facts(app: AppDetail): readonly (readonly [string, string])[] {
  const base: [string, string][] = [
    ['Name', `${app.namespace}/${app.name}`],
    ['Project', app.project],
    ['Destination', `${app.destination.server} ${app.destination.namespace}`],
    ...app.sources.map((source): [string, string] => ['Source', sourceText(source)]),
    ['Revision', app.revision === '' ? 'none yet' : app.revision],
    ['Policy', app.syncPolicy],
    ['Mode', app.mode ?? 'as the controller is told (no annotation holdfast.dev/mode)'],
    ['Sync', app.sync],
    ['Health', app.health],
    ['Compared', app.comparedAt ?? 'never'],
  ]
  const { operation } = app
  if (operation)
    base.push([
      'Operation',
      `${operation.phase}${operation.finishedAt === null ? '' : ` ${operation.finishedAt}`}: ${operation.message}`,
    ])
  return base
}

/** Indented, and broken between words so that it fits. */
function wrapped(message: string, columns: number | null): string {
  const width = Math.max(40, (columns ?? Number.POSITIVE_INFINITY) - 4)
  const lines = message.split(/\r?\n/).flatMap((line) => brokenLine(lineText(line, MESSAGE_LIMIT), width))
  return lines.map((line) => `    ${line}`.trimEnd() + '\n').join('')
}

function brokenLine(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

export function appText(app: AppDetail, options: AppTextOptions): string {
  const paint = painter(options)
  const blocks = [
    facts(app)
      .map(([name, value]) => `${`${name}:`.padEnd(13)}${paint(lineText(value, MESSAGE_LIMIT))}\n`)
      .join(''),
  ]
  if (app.conditions.length > 0) {
    const rows = app.conditions.map(({ type, reason, lastTransitionTime, message }) => {
      const since = lastTransitionTime === null ? '' : ` since ${lineText(lastTransitionTime)}`
      const head = `${lineText(type)}${reason === '' ? '' : ` (${lineText(reason)})`}${since}`
      return `${head}\n${wrapped(message, options.columns ?? null)}`
    })
    blocks.push(rows.join(''))
  }
  const rows = app.resources.map(({ ref, sync, health, message }) => [formatRef(ref), sync, health ?? '', message])
  blocks.push(
    rows.length === 0 ? '(no resources)\n' : table({ head: ['RESOURCE', 'SYNC', 'HEALTH', 'MESSAGE'], rows, paint }),
  )
  return blocks.join('\n')
}

function appList(apps: readonly AppRow[]): object {
  return { apiVersion: 'holdfast.dev/v1alpha1', kind: 'ApplicationSummaryList', items: apps }
}

function appDetail(app: AppDetail): object {
  return { apiVersion: 'holdfast.dev/v1alpha1', kind: 'ApplicationSummary', ...app }
}

export const appListJson = (apps: readonly AppRow[]): string => prettyJson(appList(apps))
export const appListYaml = (apps: readonly AppRow[]): string => yamlText(appList(apps))
export const appJson = (app: AppDetail): string => prettyJson(appDetail(app))
export const appYaml = (app: AppDetail): string => yamlText(appDetail(app))
