// From a configuration to a connected reader and writer.
import { compileSchema, DEDUCED } from '../../core/merge/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ClusterReader, KindInfo } from '../../ports/cluster-reader.ts'
import type { ClusterWriter } from '../../ports/cluster-writer.ts'
import type { Log } from '../../ports/log.ts'
import type { ClusterConfig, Environment } from './config.ts'
import { credentialsFor } from './credentials.ts'
import { Discovery } from './discovery.ts'
import { endpointOf } from './endpoint.ts'
import { HttpClient, type RequestMetric } from './http.ts'
import { inCluster, isInCluster } from './in-cluster.ts'
import { loadKubeConfig } from './kubeconfig.ts'
import { KubeReader } from './reader.ts'
import { Schemas } from './schemas.ts'
import { watchTransport } from './watch-http2.ts'
import { KubeWriter } from './writer.ts'

export interface ConnectOptions {
  /** Ready configuration; wins over everything below. */
  readonly config?: ClusterConfig
  /** This kubeconfig file alone. */
  readonly kubeconfig?: string
  readonly context?: string
  /** `never` and `always` settle it; `auto` = in a pod with a service account, unless a kubeconfig is named. */
  readonly inCluster?: 'auto' | 'always' | 'never'
  /** KUBECONFIG, HOME, KUBERNETES_SERVICE_HOST/PORT; handed on to exec plugins. */
  readonly env: Environment
  /** For the User-Agent, `holdfast/<version>`. */
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  readonly onRequest?: (metric: RequestMetric) => void
  readonly random?: () => number
  /** Limit for a request's first byte (default 60 s: admission webhooks may take 30 s each). */
  readonly timeoutMs?: number
  /** Silence after which a watch is dead (default 70 s; the server sends bookmarks every 60 s). */
  readonly watchIdleMs?: number
  /** After so long a list checks what a watch told (default 1 h; up to a half sooner). */
  readonly relistMs?: number
  /** Refreshes of discovery come no closer than this (default 1 s). */
  readonly discoveryIntervalMs?: number
  /** Limit for an exec plugin (default 30 s). */
  readonly execTimeoutMs?: number
}

export interface Cluster {
  readonly reader: ClusterReader
  readonly writer: ClusterWriter
  readonly server: string
  /** Namespace of the context or the pod. */
  readonly namespace: string
  /** How the kubeconfig calls the user; '' when nothing names one. */
  readonly userName: string
  /** Where the configuration came from, for messages. */
  readonly origin: string
  /** Stops all watches and ends all connections. */
  close(): Promise<void>
}

type Where = Pick<ConnectOptions, 'config' | 'kubeconfig' | 'context' | 'inCluster' | 'env'>

function isPodMeant({ kubeconfig, context, inCluster: mode = 'auto', env }: Where): boolean {
  if (mode !== 'auto') return mode === 'always'
  const isNamed = kubeconfig !== undefined || context !== undefined || (env['KUBECONFIG'] ?? '') !== ''
  return !isNamed && isInCluster({ env })
}

/** Explicit kubeconfig, then KUBECONFIG, then the pod's service account, then `$HOME/.kube/config`. Throws HF4011. */
export function clusterConfig(where: Where): ClusterConfig {
  const { config, env, kubeconfig, context } = where
  if (config !== undefined) return config
  if (isPodMeant(where)) return inCluster({ env })
  return loadKubeConfig({
    env,
    ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
    ...(context === undefined ? {} : { context }),
  })
}

/**
 * Reads the configuration; contacts nothing yet. Throws HoldfastError HF4011 when the configuration is unusable.
 */
export async function connect(options: ConnectOptions): Promise<Cluster> {
  const { clock, log, env, onRequest } = options
  const config = clusterConfig(options)
  const random = options.random ?? Math.random
  const endpoint = endpointOf(config)
  const userAgent = `holdfast/${options.version}`
  const credentials = credentialsFor({ config, env, clock, execTimeoutMs: options.execTimeoutMs ?? 30_000 })
  const hook = onRequest === undefined ? {} : { onRequest }
  const http = new HttpClient({
    endpoint,
    credentials,
    userAgent,
    clock,
    timeoutMs: options.timeoutMs ?? 60_000,
    ...hook,
  })
  const discovery = new Discovery({ http, clock, log, minIntervalMs: options.discoveryIntervalMs ?? 1000 })
  const schemas = new Schemas({ http, clock, log, compile: compileSchema, deduced: DEDUCED })
  const transport = watchTransport({ endpoint, userAgent, clock })
  const isServed = async (kind: KindInfo): Promise<boolean> =>
    (await discovery.kind(kind, { refresh: true })) !== undefined
  const idleMs = options.watchIdleMs ?? 70_000
  const relistMs = options.relistMs ?? 3_600_000
  const reflectorTools = { http, transport, credentials, clock, random, idleMs, relistMs, isServed, ...hook }
  const reader = new KubeReader({ http, discovery, schemas, deduced: DEDUCED, reflectorTools, random })
  return {
    reader,
    writer: new KubeWriter({ http, discovery }),
    server: config.server,
    namespace: config.namespace,
    userName: config.userName ?? '',
    origin: config.origin,
    close: async () => {
      reader.stopWatches()
      transport.close()
      schemas.close()
      await http.close()
    },
  }
}
