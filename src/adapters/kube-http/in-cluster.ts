// Where is the API server for a process that runs in a pod?
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import { type ClusterConfig, type Environment, NO_USER } from './config.ts'

export const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface InClusterOptions {
  readonly env: Environment
  /** Where token, ca.crt and namespace are mounted. */
  readonly directory?: string
}

export function isInCluster(options: InClusterOptions): boolean {
  const directory = options.directory ?? SERVICE_ACCOUNT_DIRECTORY
  return (options.env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && existsSync(join(directory, 'token'))
}

function namespaceOf(directory: string): string {
  try {
    return readFileSync(join(directory, 'namespace'), 'utf8').trim() || 'default'
  } catch {
    return 'default'
  }
}

/** Throws HoldfastError HF4011 when the process does not run in a pod with a service account. */
export function inCluster(options: InClusterOptions): ClusterConfig {
  const directory = options.directory ?? SERVICE_ACCOUNT_DIRECTORY
  const host = options.env['KUBERNETES_SERVICE_HOST'] ?? ''
  if (host === '') {
    throw new HoldfastError(
      problem('HF4011', 'KUBERNETES_SERVICE_HOST is not set: this process does not run in a pod.'),
    )
  }
  if (!existsSync(join(directory, 'token'))) {
    throw new HoldfastError(
      problem('HF4011', `${directory}/token does not exist: the pod has no service-account token.`),
    )
  }
  const port = options.env['KUBERNETES_SERVICE_PORT'] ?? '443'
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    origin: 'in-cluster',
    namespace: namespaceOf(directory),
    ca: { file: join(directory, 'ca.crt') },
    insecure: false,
    serverName: null,
    proxyUrl: null,
    user: { ...NO_USER, tokenFile: join(directory, 'token') },
  }
}
