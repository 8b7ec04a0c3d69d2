// `holdfast app …`: Applications as the cluster knows them.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { formatRef, type KubeObject, type ObjectRef, refKey } from '../../core/kube/index.ts'
import type { Problem } from '../../core/problem/index.ts'
import type { ReportOrphan } from '../../core/record/index.ts'
import { detailOf, historyOf, rowOf } from './app-read.ts'
import { addDiff, type DiffServices } from './diff.ts'
import { failureText } from './failure.ts'
import type { CliIo } from './io.ts'
import { addConnection, appName, type ConnectOptions, NAMESPACE, outputOption, seconds } from './options.ts'
import {
  appJson,
  appListJson,
  appListText,
  appListWide,
  appListYaml,
  appText,
  type AppTextOptions,
  appYaml,
  lineText,
  prettyJson,
  table,
  yamlText,
} from './present/index.ts'

export interface AppPlace extends ConnectOptions {
  readonly namespace: string
  readonly name: string
}

export interface ApplicationRequest extends AppPlace {
  readonly refresh: 'no' | 'normal' | 'hard'
  /** How long a refresh is waited for. */
  readonly timeoutMs: number
}

export interface SyncRequest extends AppPlace {
  readonly prune: boolean
  readonly dryRun: boolean
  readonly revision?: string
  readonly resources: readonly Resource[]
  /** 0 = do not wait. */
  readonly timeoutMs: number
}

export interface SyncAnswer {
  readonly phase: 'Requested' | 'Succeeded' | 'Failed' | 'Error'
  readonly message: string
  readonly revision: string
  readonly resources: readonly { readonly ref: ObjectRef; readonly status: string; readonly message: string }[]
}

export interface AppServices extends DiffServices {
  applications(request: ConnectOptions & { readonly namespace: string }): Promise<readonly KubeObject[]>
  /** Throws HF7003 when there is none. `refresh` asks the controller to compare anew and waits for it. */
  application(request: ApplicationRequest): Promise<KubeObject>
  sync(request: SyncRequest): Promise<SyncAnswer>
  /** What stands in the application's destination and nobody declares, what left Git included. */
  orphans(request: AppPlace): Promise<OrphansAnswer>
}

export interface OrphansAnswer {
  readonly application: KubeObject
  readonly orphans: readonly ReportOrphan[]
  readonly problems: readonly Problem[]
}

interface Resource {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

type Output = 'text' | 'wide' | 'json' | 'yaml' | 'name'

interface CommonOptions extends ConnectOptions {
  readonly namespace?: string
  readonly output: Output
}

interface ListOptions extends CommonOptions {
  readonly syncStatus?: string
}

interface GetOptions extends CommonOptions {
  readonly refresh: boolean
  readonly hardRefresh: boolean
  readonly timeout: number
}

interface ResourcesOptions extends CommonOptions {
  readonly orphaned: boolean
}

interface SyncOptions extends CommonOptions {
  readonly prune: boolean
  readonly dryRun: boolean
  readonly revision?: string
  readonly resource: readonly Resource[]
  readonly timeout: number
  readonly async: boolean
}

function connectionOf({ kubeconfig, context }: ConnectOptions): ConnectOptions {
  return { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) }
}

function placeOf(name: string, options: CommonOptions): AppPlace {
  return { ...connectionOf(options), ...appName(name, options.namespace) }
}

function paint(io: CliIo): AppTextOptions {
  return { color: io.color ? 'always' : 'never', columns: io.columns }
}

async function list(services: AppServices, options: ListOptions): Promise<void> {
  const { io } = services
  const namespace = options.namespace ?? NAMESPACE
  const objects = await services.applications({ ...connectionOf(options), namespace })
  const rows = objects.map(rowOf).filter(({ sync }) => options.syncStatus === undefined || sync === options.syncStatus)
  const print: Readonly<Record<Output, () => string>> = {
    text: () => appListText(rows, paint(io)),
    wide: () => appListWide(rows, paint(io)),
    json: () => appListJson(rows),
    yaml: () => appListYaml(rows),
    name: () => rows.map((row) => `${row.namespace}/${row.name}\n`).join(''),
  }
  io.out(print[options.output]())
}

async function get(services: AppServices, name: string, options: GetOptions): Promise<void> {
  const { io } = services
  const refresh = options.hardRefresh ? 'hard' : options.refresh ? 'normal' : 'no'
  const app = detailOf(
    await services.application({ ...placeOf(name, options), refresh, timeoutMs: options.timeout * 1_000 }),
  )
  if (options.output === 'name') io.out(`${app.namespace}/${app.name}\n`)
  else if (options.output === 'json') io.out(appJson(app))
  else io.out(options.output === 'yaml' ? appYaml(app) : appText(app, paint(io)))
}

async function history(services: AppServices, name: string, options: CommonOptions): Promise<void> {
  const { io } = services
  const rows = historyOf(await services.application({ ...placeOf(name, options), refresh: 'no', timeoutMs: 0 }))
  if (options.output === 'json') io.out(prettyJson(rows))
  else if (options.output === 'yaml') io.out(yamlText(rows))
  else {
    const cells = rows.map(({ id, deployedAt, revision, by }) => [String(id), deployedAt, revision, by])
    io.out(table({ head: ['ID', 'DEPLOYED', 'REVISION', 'BY'], rows: cells, paint: (cell) => cell }))
  }
}

async function sync(services: AppServices, name: string, options: SyncOptions): Promise<void> {
  const { io } = services
  const { prune, dryRun, revision, resource } = options
  const answer = await services.sync({
    ...placeOf(name, options),
    prune,
    dryRun,
    resources: resource,
    timeoutMs: options.async ? 0 : options.timeout * 1_000,
    ...(revision === undefined ? {} : { revision }),
  })
  if (options.output === 'json') io.out(prettyJson(answer))
  else {
    const rows = answer.resources.map(({ ref, status, message }) => [formatRef(ref), status, message])
    if (rows.length > 0) io.out(`${table({ head: ['RESOURCE', 'RESULT', 'MESSAGE'], rows, paint: (cell) => cell })}\n`)
    const at = answer.revision === '' ? '' : ` at ${answer.revision}`
    io.out(`${name}: ${answer.phase}${at}${answer.message === '' ? '' : `: ${answer.message}`}\n`)
  }
  io.exit(answer.phase === 'Succeeded' || answer.phase === 'Requested' ? 0 : 1)
}

async function resources(services: AppServices, name: string, options: ResourcesOptions): Promise<void> {
  const { io } = services
  const { application, orphans, problems } = await services.orphans(placeOf(name, options))
  const orphaned = new Set(orphans.map(({ ref }) => refKey(ref)))
  const all = detailOf(application).resources.filter(({ ref }) => !orphaned.has(refKey(ref)))
  const rows = options.orphaned ? [] : all.map(({ ref, sync }) => ({ ref, status: sync as string, why: '' }))
  rows.push(...orphans.map(({ ref, message }) => ({ ref, status: 'Orphaned', why: message })))
  const listed = rows.map((row) => ({ ...row.ref, status: row.status, why: row.why }))
  if (options.output === 'json') io.out(prettyJson({ resources: listed, orphans, problems }))
  else if (options.output === 'yaml') io.out(yamlText({ resources: listed, orphans, problems }))
  else {
    const head = ['GROUP', 'KIND', 'NAMESPACE', 'NAME', 'STATUS', 'WHY']
    const nothing = options.orphaned ? '(no orphans)\n' : '(no resources)\n'
    const cells = listed.map(({ group, kind, namespace, name: called, status, why }) =>
      [group, kind, namespace, called, status, why].map((cell) => lineText(cell)),
    )
    io.out(cells.length === 0 ? nothing : table({ head, names: 4, rows: cells, paint: (cell) => cell }))
  }
  for (const found of problems) io.err(failureText(found))
  io.exit(problems.length > 0 ? 2 : 0)
}

function resource(value: string, before: readonly Resource[]): Resource[] {
  const match = /^([^:]*):([^:]+):(?:([^/:]*)\/)?([^/:]+)$/.exec(value)
  if (match === null) throw new InvalidArgumentError('expected GROUP:KIND:[NAMESPACE/]NAME')
  const [, group = '', kind = '', namespace = '', name = ''] = match
  return [...before, { group, kind, namespace, name }]
}

function common(command: Command, outputs: readonly Output[]): Command {
  command.option('-n, --namespace <namespace>', `where Applications live (default: ${NAMESPACE})`)
  return addConnection(command.addOption(outputOption(outputs, 'text')))
}

const SYNC_EXAMPLES = `
Examples:
  holdfast app sync web
  holdfast app sync web --resource apps:Deployment:prod/web --prune

Ends with 0: synced, 1: the sync failed, 2: it could not be asked for or did not end in time.
`

/** Answers the command, for those that stand below it. */
export function addApp(program: Command, services: AppServices): Command {
  const app = program.command('app').description('Applications as the cluster knows them')
  common(app.command('list').description('all Applications with their state'), ['text', 'wide', 'json', 'yaml', 'name'])
    .addOption(
      new Option('--sync-status <status>', 'only those in this state').choices(['Synced', 'OutOfSync', 'Unknown']),
    )
    .action((options: ListOptions) => list(services, options))
  common(app.command('get').description('one Application: source, revision, conditions, objects').argument('<app>'), [
    'text',
    'wide',
    'json',
    'yaml',
    'name',
  ])
    .option('--refresh', 'have it compared anew first', false)
    .option('--hard-refresh', 'have it rendered and compared anew first', false)
    .option('--timeout <seconds>', 'how long to wait for a refresh', seconds, 60)
    .action((name: string, options: GetOptions) => get(services, name, options))
  addDiff(app, services, 'what differs; the same as holdfast diff')
  common(app.command('history').description('revisions that were synced').argument('<app>'), [
    'text',
    'wide',
    'json',
    'yaml',
  ]).action((name: string, options: CommonOptions) => history(services, name, options))
  common(
    app
      .command('resources')
      .description('its objects, and those in its destination that nobody declares')
      .argument('<app>'),
    ['text', 'json', 'yaml'],
  )
    .option('--orphaned', 'only those that nobody declares', false)
    .action((name: string, options: ResourcesOptions) => resources(services, name, options))
  common(app.command('sync').description('ask the running controller for a sync, and wait for it').argument('<app>'), [
    'text',
    'json',
  ])
    .option('--prune', 'delete what left Git', false)
    .option('--dry-run', 'change nothing', false)
    .option('--revision <revision>', 'sync to this branch, tag or commit once')
    .option('--resource <resource>', 'only this object, GROUP:KIND:[NAMESPACE/]NAME; repeatable', resource, [])
    .option('--timeout <seconds>', 'how long to wait', seconds, 120)
    .option('--async', 'do not wait', false)
    .addHelpText('after', SYNC_EXAMPLES)
    .action((name: string, options: SyncOptions) => sync(services, name, options))
  return app
}
