// `holdfast run`: wires the loop to a cluster, Git, the store and the surfaces, and ends it well.
import { join } from 'node:path'
import { fileCache } from '../adapters/cache-files/index.ts'
import { createSource } from '../adapters/source/index.ts'
import { type Cluster, connect } from '../adapters/kube-http/index.ts'
import { createLog } from '../adapters/pino-log/index.ts'
import { prometheusMetrics } from '../adapters/prometheus/index.ts'
import { sqliteStore } from '../adapters/store-sqlite/index.ts'
import { systemClock } from '../adapters/system-clock/index.ts'
import { Loop } from '../loop/controller.ts'
import type { LoopOptions } from '../loop/deps.ts'
import { createSteps } from '../loop/steps/index.ts'
import type { Log } from '../ports/log.ts'
import type { ApiVerb } from '../ports/metrics.ts'
import type { RunRequest } from '../surfaces/cli/run.ts'
import { serveApi } from '../surfaces/api/index.ts'
import { auditSources } from './audit.ts'
import { parseListen } from './listen.ts'
import { installation, isDeadIdentity, leaseIdentity } from './installation.ts'
import { VERSION } from './version.ts'

export interface RunOptions extends RunRequest {
  /** Under which the Lease is held; default: this process. */
  readonly identity?: string
}

export interface Running {
  readonly loop: Loop
  readonly address: string
  /** `host:port` of the audit webhook’s receiver; null = none. */
  readonly auditAddress: string | null
  stop(): Promise<void>
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'apply', 'delete'])

type Metrics = ReturnType<typeof prometheusMetrics>

function connectFor(
  options: RunOptions,
  log: Log,
  metrics: Metrics,
  onOwn: (auditID: string) => void,
): Promise<Cluster> {
  return connect({
    env: process.env,
    version: VERSION,
    clock: systemClock,
    log,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
    onRequest: ({ verb, code, auditID }) => {
      metrics.apiRequest({ verb: verb as ApiVerb, code: Number(code) || 0 })
      if (WRITES.has(verb) && auditID !== undefined && auditID !== '') onOwn(auditID)
    },
  })
}

function loopOptions(options: RunOptions, digestKey: string): LoopOptions {
  const { mode, enforceApps, namespace, learn } = options
  return {
    mode,
    enforceApps,
    namespace,
    learn,
    identity: options.identity ?? leaseIdentity(),
    isDeadIdentity,
    digestKey,
  }
}

/** Starts everything; the promise resolves when Applications are listed. */
export async function run(options: RunOptions): Promise<Running> {
  const clock = systemClock
  const log = createLog({ level: options.logLevel })
  const home = installation(process.env, options.dataDir)
  const metrics = prometheusMetrics({ version: VERSION })
  let own: (auditID: string) => void = () => {}
  const cluster = await connectFor(options, log, metrics, (auditID) => own(auditID))
  const { reader, writer, server } = cluster
  const store = sqliteStore({ file: join(home.stateDir, 'holdfast.db'), clock })
  await store.open().catch((error: unknown) => {
    log.error({ error: String(error) }, 'store not usable: heals go on unrecorded, deletes wait')
  })
  const cache = fileCache({ directory: home.cacheDir, clock, log })
  const source = createSource({
    ...{ clock, log, version: VERSION, env: process.env },
    cacheDir: join(home.cacheDir, 'git'),
  })
  const steps = createSteps({ reader, writer, store, clock })
  const loop = new Loop({
    reader,
    steps,
    source,
    store,
    cache,
    clock,
    log,
    metrics,
    options: loopOptions(options, home.digestKey),
  })
  own = (auditID) => loop.audit.own(auditID)
  const ready = (): { ok: boolean; reasons: string[] } => {
    const reasons = loop.notReady()
    return { ok: reasons.length === 0, reasons }
  }
  const api = await serveApi({ ...parseListen(options.listen), metrics, ready, webhooks: loop.webhooks })
  const audit = await auditSources(options, { loop, clock, log, stateDir: home.stateDir }).catch((error: unknown) =>
    Promise.all([api.close(), cluster.close()]).then(() => Promise.reject(error as Error)),
  )
  const address = `http://${api.host}:${api.port}`
  log.info({ mode: options.mode, server, listen: address, version: VERSION }, 'starting')
  const stop = async (): Promise<void> => {
    await audit.stop()
    await loop.stop()
    await api.close()
    await source.close()
    await cluster.close()
    await cache.idle()
    await store.close()
    metrics.close()
  }
  try {
    await loop.start()
  } catch (error) {
    await stop()
    throw error
  }
  log.info({}, 'applications are listed')
  return { loop, address, auditAddress: audit.address, stop }
}
