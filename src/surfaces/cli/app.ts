// `holdfast app …`: Applications as the cluster knows them.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { isMap, type Json, type JsonMap, type KubeObject } from '../../core/kube/index.ts'
import { parseApplication } from '../../core/definition/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { HealthStatus } from '../../core/health/index.ts'
import type { CliIo } from './io.ts'
import {
  type AppDetail,
  appJson,
  appListJson,
  appListText,
  appListYaml,
  type AppRow,
  appText,
  appYaml,
} from './present/index.ts'

export interface ConnectOptions {
  readonly kubeconfig?: string
  readonly context?: string
}

/** One connection; every command closes it. */
export interface AppSession {
  list(namespace: string): Promise<readonly KubeObject[]>
  get(namespace: string, name: string): Promise<KubeObject | null>
  requestOperation(namespace: string, name: string, operation: object): Promise<void>
  readonly user: string
  close(): Promise<void>
}

export interface AppServices {
  readonly io: CliIo
  connect(options: ConnectOptions): Promise<AppSession>
  sleep(ms: number): Promise<void>
  now(): number
}

interface CommonOptions extends ConnectOptions {
  readonly namespace: string
  readonly output: 'text' | 'wide' | 'json' | 'yaml' | 'name'
}

interface SyncRequest extends CommonOptions {
  readonly prune: boolean
  readonly dryRun: boolean
  readonly revision?: string
  readonly resource: readonly object[]
  readonly timeout: number
  readonly async: boolean
}

const POLL_MS = 250
const TAKEN_WITHIN_MS = 10_000

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const map = (value: Json | undefined): JsonMap => (isMap(value) ? value : {})
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])
const sync = (value: string): AppRow['sync'] => (value === 'Synced' || value === 'OutOfSync' ? value : 'Unknown')
const health = (value: string): HealthStatus => (value === '' ? 'Unknown' : (value as HealthStatus))

function policyOf(object: KubeObject): AppRow['syncPolicy'] {
  const { value } = parseApplication(object)
  if (value?.automated.enabled !== true) return 'Manual'
  return value.automated.prune ? 'Auto-Prune' : 'Auto'
}

function rowOf(object: KubeObject): AppRow {
  const spec = map(object.spec as Json)
  const status = map(object.status as Json)
  const source = map(spec.source)
  const destination = map(spec.destination)
  const state = map(status.sync)
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
    project: text(spec.project),
    destination: { server: text(destination.server) || text(destination.name), namespace: text(destination.namespace) },
    sync: sync(text(state.status)),
    health: health(text(map(status.health).status)),
    revision: text(state.revision),
    driftFields: null,
    mode: object.metadata.annotations?.['holdfast.dev/mode'] === 'enforce' ? 'enforce' : 'observe',
    syncPolicy: policyOf(object),
    repoURL: text(source.repoURL),
    path: text(source.path),
    targetRevision: text(source.targetRevision),
    comparedAt: text(status.reconciledAt) === '' ? null : text(status.reconciledAt),
  }
}

function detailOf(object: KubeObject): AppDetail {
  const status = map(object.status as Json)
  const operation = map(status.operationState)
  return {
    ...rowOf(object),
    conditions: list(status.conditions).map((entry) => {
      const condition = map(entry)
      return {
        type: text(condition.type),
        message: text(condition.message),
        lastTransitionTime: text(condition.lastTransitionTime) || null,
      }
    }),
    resources: list(status.resources).map((entry) => {
      const resource = map(entry)
      const own = text(map(resource.health).status)
      return {
        ref: {
          group: text(resource.group),
          version: text(resource.version),
          kind: text(resource.kind),
          namespace: text(resource.namespace),
          name: text(resource.name),
        },
        sync: sync(text(resource.status)),
        health: own === '' ? null : (own as HealthStatus),
        message: text(map(resource.health).message),
        driftFields: 0,
      }
    }),
    operation:
      text(operation.phase) === ''
        ? null
        : {
            phase: text(operation.phase),
            message: text(operation.message),
            finishedAt: text(operation.finishedAt) || null,
          },
  }
}

async function connected<T>(
  services: AppServices,
  options: ConnectOptions,
  run: (session: AppSession) => Promise<T>,
): Promise<T> {
  const session = await services.connect(options)
  try {
    return await run(session)
  } finally {
    await session.close()
  }
}

function paint(io: CliIo): { color: 'always' | 'never' } {
  return { color: io.color ? 'always' : 'never' }
}

async function showList(services: AppServices, options: CommonOptions & { syncStatus?: string }): Promise<void> {
  const { io } = services
  const objects = await connected(services, options, (session) => session.list(options.namespace))
  const rows = objects.map(rowOf).filter((row) => options.syncStatus === undefined || row.sync === options.syncStatus)
  if (options.output === 'name') io.out(rows.map(({ namespace, name }) => `${namespace}/${name}\n`).join(''))
  else if (options.output === 'json') io.out(appListJson(rows))
  else if (options.output === 'yaml') io.out(appListYaml(rows))
  else io.out(appListText(rows, paint(io)))
}

async function existing(session: AppSession, options: CommonOptions, name: string): Promise<KubeObject> {
  const object = await session.get(options.namespace, name)
  if (object === null)
    throw new HoldfastError(
      problem('HF7003', `Application ${options.namespace}/${name} does not exist.`, {
        app: `${options.namespace}/${name}`,
      }),
    )
  return object
}

async function showOne(services: AppServices, name: string, options: CommonOptions): Promise<void> {
  const { io } = services
  const app = detailOf(await connected(services, options, (session) => existing(session, options, name)))
  io.out(options.output === 'json' ? appJson(app) : options.output === 'yaml' ? appYaml(app) : appText(app, paint(io)))
}

function operationOf(request: SyncRequest, user: string): object {
  return {
    initiatedBy: { username: user },
    sync: {
      ...(request.revision === undefined ? {} : { revision: request.revision }),
      ...(request.prune ? { prune: true } : {}),
      ...(request.dryRun ? { dryRun: true } : {}),
      ...(request.resource.length === 0 ? {} : { resources: request.resource }),
    },
  }
}

interface Waiting {
  readonly services: AppServices
  readonly session: AppSession
  readonly request: SyncRequest
  readonly name: string
  readonly since: string
}

/** The phase that this request ended in. */
async function conclusion({
  services,
  session,
  request,
  name,
  since,
}: Waiting): Promise<{ phase: string; message: string }> {
  const started = services.now()
  for (;;) {
    await services.sleep(POLL_MS)
    const object = await existing(session, request, name)
    const state = map(map(object.status as Json).operationState)
    const waited = services.now() - started
    const taken = object.operation === undefined
    const fresh = text(state.startedAt) >= since && text(state.finishedAt) !== ''
    if (taken && fresh && text(state.phase) !== 'Running')
      return { phase: text(state.phase), message: text(state.message) }
    if (!taken && waited > TAKEN_WITHIN_MS) {
      throw new HoldfastError(
        problem(
          'HF6004',
          `Nothing took the operation of ${name} within ${TAKEN_WITHIN_MS / 1000} s.`,
          { app: name },
          'Is a controller running that owns this Application? Start: holdfast run --mode enforce',
        ),
      )
    }
    if (waited > request.timeout * 1_000)
      throw new HoldfastError(
        problem('HF6004', `The sync of ${name} did not end within ${request.timeout} s.`, { app: name }),
      )
  }
}

async function syncOne(services: AppServices, name: string, request: SyncRequest): Promise<void> {
  const { io } = services
  await connected(services, request, async (session) => {
    await existing(session, request, name)
    // Times in a status have a grain of one second.
    const since = new Date(services.now() - 1_000).toISOString().replace(/\.\d+Z$/, 'Z')
    await session.requestOperation(request.namespace, name, operationOf(request, session.user))
    if (request.async) return io.out(`sync of ${name} requested\n`)
    const { phase, message } = await conclusion({ services, session, request, name, since })
    io.out(`${name}: ${phase}${message === '' ? '' : `, ${message}`}\n`)
    if (phase !== 'Succeeded') io.exit(1)
  })
}

function resource(value: string, before: readonly object[]): object[] {
  const match = /^([^:]*):([^:]+):(?:([^/]*)\/)?([^/]+)$/.exec(value)
  if (match === null) throw new InvalidArgumentError('expected GROUP:KIND:[NAMESPACE/]NAME')
  const [, group = '', kind = '', namespace = '', name = ''] = match
  return [...before, { group, kind, name, ...(namespace === '' ? {} : { namespace }) }]
}

function common(command: Command, outputs: readonly string[]): Command {
  return command
    .option('-n, --namespace <namespace>', 'where Applications live', 'argocd')
    .addOption(new Option('-o, --output <format>').choices([...outputs]).default('text'))
    .option('--kubeconfig <file>')
    .option('--context <name>')
}

/** `app diff` is added by the caller: it is `diff` under another name. */
export function addApp(program: Command, services: AppServices): Command {
  const app = program.command('app').description('Applications as the cluster knows them')
  common(app.command('list').description('all Applications with their state'), ['text', 'wide', 'json', 'yaml', 'name'])
    .addOption(new Option('--sync-status <status>').choices(['Synced', 'OutOfSync', 'Unknown']))
    .action((options: CommonOptions & { syncStatus?: string }) => showList(services, options))
  common(app.command('get').description('one Application: state, conditions, objects').argument('<app>'), [
    'text',
    'wide',
    'json',
    'yaml',
  ]).action((name: string, options: CommonOptions) => showOne(services, name, options))
  common(app.command('sync').description('ask the running controller for a sync, and wait for it').argument('<app>'), [
    'text',
  ])
    .option('--prune', 'delete what left Git', false)
    .option('--dry-run', 'only say what would be done', false)
    .option('--revision <revision>', 'sync to this branch, tag or commit once')
    .option('--resource <resource>', 'only this object, GROUP:KIND:[NAMESPACE/]NAME; repeatable', resource, [])
    .option('--timeout <seconds>', 'how long to wait', Number, 120)
    .option('--async', 'do not wait', false)
    .action((name: string, options: SyncRequest) => syncOne(services, name, options))
  return app
}
