// Asks whatever controller works on an Application for a sync or a refresh, and waits for its answer.
import {
  canonicalJson,
  formatRef,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  type ObjectRef,
} from '../core/kube/index.ts'
import { HoldfastError, type Problem, problem } from '../core/problem/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { OperationRequest } from './steps/index.ts'

export interface AskTools {
  readonly reader: Pick<ClusterReader, 'get'>
  readonly clock: Clock
  readonly requestOperation: (request: OperationRequest) => Promise<KubeObject>
  readonly requestRefresh: (ref: ObjectRef, refresh: 'normal' | 'hard') => Promise<KubeObject>
}

export interface SyncWish {
  readonly ref: ObjectRef
  readonly prune: boolean
  readonly dryRun: boolean
  readonly revision?: string
  /** Empty = everything. */
  readonly resources: readonly {
    readonly group: string
    readonly kind: string
    readonly namespace: string
    readonly name: string
  }[]
  readonly username: string
  /** 0 = do not wait for the end. */
  readonly timeoutMs: number
}

export interface SyncResource {
  readonly ref: ObjectRef
  readonly status: string
  readonly message: string
}

export interface SyncOutcome {
  /** `Requested` when nobody waited. */
  readonly phase: 'Requested' | 'Succeeded' | 'Failed' | 'Error'
  readonly message: string
  readonly revision: string
  readonly resources: readonly SyncResource[]
}

const LOOK_EVERY_MS = 250
/** A controller that runs takes a request well within this. */
const TAKEN_WITHIN_MS = 10_000
/** Times in operationState are whole seconds: two operations of one second could not be told apart. */
const TELLABLE_MS = 1_100

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const mapAt = (value: unknown, name: string): JsonMap => {
  const member = isMap(value) ? value[name] : undefined
  return isMap(member) ? member : {}
}

function failed(code: Problem['code'], message: string, ref: ObjectRef, action?: string): HoldfastError {
  return new HoldfastError(problem(code, message, { object: formatRef(ref) }, action))
}

async function read(tools: AskTools, ref: ObjectRef): Promise<KubeObject> {
  const found = await tools.reader.get(ref)
  if (found !== null) return found
  throw failed('HF7003', `there is no Application ${ref.name} in namespace ${ref.namespace}`, ref)
}

const pause = (tools: AskTools, ms: number): Promise<void> =>
  new Promise((resolve) => {
    tools.clock.after(ms, resolve)
  })

function operationOf(application: KubeObject, wish: SyncWish): object {
  const options = mapAt(application.spec, 'syncPolicy').syncOptions
  return {
    initiatedBy: { username: wish.username },
    sync: {
      ...(wish.revision === undefined ? {} : { revision: wish.revision }),
      ...(wish.prune ? { prune: true } : {}),
      ...(wish.dryRun ? { dryRun: true } : {}),
      ...(wish.resources.length === 0 ? {} : { resources: wish.resources.map(resourceOf) }),
      ...(Array.isArray(options) && options.length > 0 ? { syncOptions: options } : {}),
      syncStrategy: { hook: {} },
    },
  }
}

function resourceOf({ group, kind, namespace, name }: SyncWish['resources'][number]): object {
  return { ...(group === '' ? {} : { group }), kind, ...(namespace === '' ? {} : { namespace }), name }
}

function busy(application: KubeObject): boolean {
  return application.operation !== undefined || mapAt(application.status, 'operationState').phase === 'Running'
}

const stateKey = (application: KubeObject): string => canonicalJson(mapAt(application.status, 'operationState'))

function outcomeOf(application: KubeObject): SyncOutcome | null {
  const state = mapAt(application.status, 'operationState')
  const { phase } = state
  if (application.operation !== undefined || (phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Error'))
    return null
  const result = mapAt(state, 'syncResult')
  const resources = Array.isArray(result.resources) ? (result.resources as readonly Json[]) : []
  return {
    phase,
    message: text(state.message),
    revision: text(result.revision),
    resources: resources.filter(isMap).map((item) => ({
      ref: {
        group: text(item.group),
        version: text(item.version),
        kind: text(item.kind),
        namespace: text(item.namespace),
        name: text(item.name),
      },
      status: text(item.status),
      message: text(item.message),
    })),
  }
}

/** Nothing took the request: it must not lie there and run when somebody starts a controller next week. */
async function withdraw(tools: AskTools, application: KubeObject, ref: ObjectRef): Promise<HoldfastError | null> {
  const resourceVersion = application.metadata.resourceVersion ?? ''
  try {
    await tools.requestOperation({ ref, resourceVersion, operation: null })
  } catch (error) {
    if (error instanceof HoldfastError && error.problem.code === 'HF4007') return null
    throw error
  }
  return failed(
    'HF7005',
    `no controller took the sync of ${ref.name} within ${TAKEN_WITHIN_MS / 1_000} s; the request is withdrawn`,
    ref,
    'Start one: holdfast run --mode enforce.',
  )
}

async function awaitEnd(tools: AskTools, wish: SyncWish, before: string): Promise<SyncOutcome> {
  const { ref } = wish
  const start = tools.clock.monotonic()
  for (;;) {
    const application = await read(tools, ref)
    const begun = stateKey(application) !== before
    const outcome = begun ? outcomeOf(application) : null
    if (outcome !== null) return outcome
    const waited = tools.clock.monotonic() - start
    if (!begun && application.operation !== undefined && waited > TAKEN_WITHIN_MS) {
      const refusal = await withdraw(tools, application, ref)
      if (refusal !== null) throw refusal
    }
    if (waited > wish.timeoutMs)
      throw failed(
        'HF7005',
        `the sync of ${ref.name} did not end within ${wish.timeoutMs / 1_000} s; it goes on`,
        ref,
        'Look at it with holdfast app get, or give a longer --timeout.',
      )
    await pause(tools, LOOK_EVERY_MS)
  }
}

/** As Argo CD's server refuses it: automated sync would undo it at the next look. */
function refuseAgainstAutomation(application: KubeObject, { ref, revision, dryRun }: SyncWish): void {
  const { automated } = mapAt(application.spec, 'syncPolicy')
  if (revision === undefined || dryRun || !isMap(automated) || automated.enabled === false) return
  const own = text(mapAt(application.spec, 'source').targetRevision) || 'HEAD'
  if (revision === own) return
  throw failed(
    'HF6004',
    `cannot sync ${ref.name} to ${revision}: automated sync is on and follows ${own}`,
    ref,
    'Set spec.source.targetRevision, or switch syncPolicy.automated off first.',
  )
}

/** Sets `operation` and waits for the operation state that answers it. Throws HF7003, HF7005, HF6004, HF4xxx. */
export async function askSync(tools: AskTools, wish: SyncWish): Promise<SyncOutcome> {
  const { ref } = wish
  let application = await read(tools, ref)
  refuseAgainstAutomation(application, wish)
  if (busy(application))
    throw failed('HF6004', `another operation of ${ref.name} is in progress`, ref, 'Wait until it ended.')
  const ended = Date.parse(text(mapAt(application.status, 'operationState').finishedAt))
  if (tools.clock.now() - ended < TELLABLE_MS) {
    await pause(tools, TELLABLE_MS)
    application = await read(tools, ref)
  }
  const before = stateKey(application)
  const operation = operationOf(application, wish)
  await tools.requestOperation({ ref, resourceVersion: application.metadata.resourceVersion ?? '', operation })
  if (wish.timeoutMs === 0) return { phase: 'Requested', message: 'sync requested', revision: '', resources: [] }
  return awaitEnd(tools, wish, before)
}

export interface RefreshWish {
  readonly ref: ObjectRef
  readonly refresh: 'normal' | 'hard'
  readonly timeoutMs: number
}

const REFRESH = 'argocd.argoproj.io/refresh'

/** The Application as soon as no refresh of it is asked for. */
async function awaitAnswer(tools: AskTools, { ref, timeoutMs }: RefreshWish, start: number): Promise<KubeObject> {
  for (;;) {
    const application = await read(tools, ref)
    if (application.metadata.annotations?.[REFRESH] === undefined) return application
    if (tools.clock.monotonic() - start > timeoutMs)
      throw failed(
        'HF7005',
        `the refresh of ${ref.name} was not answered within ${timeoutMs / 1_000} s`,
        ref,
        'If no controller runs, start one: holdfast run. If one does, its repository may be slow: give a longer --timeout, or look at the conditions with holdfast app get.',
      )
    await pause(tools, LOOK_EVERY_MS)
  }
}

/**
 * Asks for a refresh and waits until it was answered: what is returned is what a look found that began after this call.
 * Throws HF7003, HF7005, HF4xxx.
 */
export async function askRefresh(tools: AskTools, wish: RefreshWish): Promise<KubeObject> {
  const start = tools.clock.monotonic()
  // A refresh that somebody else asked for may have begun before: it is let go by first.
  await awaitAnswer(tools, wish, start)
  await tools.requestRefresh(wish.ref, wish.refresh)
  return awaitAnswer(tools, wish, start)
}
