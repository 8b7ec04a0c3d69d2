// Connections for one command.
import { type Cluster, connect } from '../adapters/kube-http/index.ts'
import { createLog } from '../adapters/pino-log/index.ts'
import { systemClock } from '../adapters/system-clock/index.ts'
import type { ConnectOptions } from '../surfaces/cli/options.ts'
import { VERSION } from './version.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export function connectCluster(env: Environment, options: ConnectOptions): Promise<Cluster> {
  return connect({
    env,
    version: VERSION,
    clock: systemClock,
    log: createLog({ level: 'error', to: 'stderr' }),
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
  })
}

/** One connection, closed whatever happens. */
export async function withCluster<T>(
  env: Environment,
  options: ConnectOptions,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = await connectCluster(env, options)
  try {
    return await use(cluster)
  } finally {
    await cluster.close()
  }
}
