// What do one cluster entry and one user entry of a kubeconfig say?
import { dirname, resolve } from 'node:path'
import { isMap, type JsonMap } from '../../core/kube/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import {
  type ClusterConfig,
  type ExecPlugin,
  type Impersonation,
  type Material,
  NO_USER,
  type UserConfig,
} from './config.ts'

/** One named entry and the file it stands in; relative paths are relative to that file. */
export interface Entry {
  readonly file: string
  readonly value: JsonMap
}

export function unusable(file: string, reason: string): HoldfastError {
  return new HoldfastError(problem('HF4011', `kubeconfig ${file}: ${reason}.`, { file }))
}

function text(entry: Entry, key: string): string | null {
  const value = entry.value[key]
  if (value === undefined || value === '' || value === 'null' || value === '~') return null
  if (typeof value !== 'string') throw unusable(entry.file, `"${key}" is not a string`)
  return value
}

function texts(entry: Entry, key: string): string[] {
  const value = entry.value[key]
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function filePath(entry: Entry, key: string): string | null {
  const value = text(entry, key)
  return value === null ? null : resolve(dirname(entry.file), value)
}

/** `KEY-data` wins over `KEY`, as in kubectl. */
function material(entry: Entry, key: string): Material | null {
  const data = text(entry, `${key}-data`)
  if (data !== null) return { data: Buffer.from(data, 'base64') }
  const file = filePath(entry, key)
  return file === null ? null : { file }
}

function checkUrl(entry: Entry, key: string): string | null {
  const value = text(entry, key)
  if (value === null) return null
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw unusable(entry.file, `${key} must be an http or https URL`)
  }
  return value.replace(/\/+$/, '')
}

export function readCluster(
  entry: Entry,
): Pick<ClusterConfig, 'server' | 'ca' | 'insecure' | 'serverName' | 'proxyUrl'> {
  const server = checkUrl(entry, 'server')
  const proxyUrl = checkUrl(entry, 'proxy-url')
  if (server === null) throw unusable(entry.file, 'the cluster has no server')
  const insecure = text(entry, 'insecure-skip-tls-verify') === 'true'
  const ca = material(entry, 'certificate-authority')
  if (insecure && ca !== null) {
    throw unusable(entry.file, 'insecure-skip-tls-verify and a certificate-authority exclude each other')
  }
  return { server, proxyUrl, insecure, ca, serverName: text(entry, 'tls-server-name') }
}

function readEnvironment(list: unknown): Record<string, string> {
  const env: Record<string, string> = {}
  for (const item of Array.isArray(list) ? list : []) {
    if (isMap(item) && typeof item['name'] === 'string') env[item['name']] = String(item['value'] ?? '')
  }
  return env
}

function readExec(entry: Entry): ExecPlugin | null {
  const value = entry.value['exec']
  if (!isMap(value)) return null
  const exec: Entry = { file: entry.file, value }
  const command = text(exec, 'command')
  if (command === null) throw unusable(entry.file, 'the exec plugin has no command')
  return {
    apiVersion: text(exec, 'apiVersion') ?? '',
    command,
    args: texts(exec, 'args'),
    env: readEnvironment(value['env']),
    directory: resolve(dirname(entry.file)),
    provideClusterInfo: text(exec, 'provideClusterInfo') === 'true',
    interactiveMode: text(exec, 'interactiveMode') ?? 'IfAvailable',
    installHint: text(exec, 'installHint') ?? '',
  }
}

function readImpersonation(entry: Entry): Impersonation | null {
  const user = text(entry, 'as')
  if (user === null) return null
  const extra: Record<string, string[]> = {}
  const given = entry.value['as-user-extra']
  for (const [key, values] of Object.entries(isMap(given) ? given : {})) {
    extra[key] = Array.isArray(values) ? values.map(String) : []
  }
  return { user, uid: text(entry, 'as-uid') ?? '', groups: texts(entry, 'as-groups'), extra }
}

function readCertificate(entry: Entry): UserConfig['certificate'] {
  const cert = material(entry, 'client-certificate')
  const key = material(entry, 'client-key')
  if (cert === null && key === null) return null
  if (cert === null || key === null) throw unusable(entry.file, 'client-certificate and client-key belong together')
  return { cert, key }
}

export function readUser(entry: Entry | null): UserConfig {
  if (entry === null) return NO_USER
  if (isMap(entry.value['auth-provider'])) {
    throw unusable(entry.file, 'auth-provider is no longer part of Kubernetes; use an exec plugin')
  }
  const username = text(entry, 'username')
  return {
    token: text(entry, 'token'),
    tokenFile: filePath(entry, 'tokenFile'),
    basic: username === null ? null : { username, password: text(entry, 'password') ?? '' },
    certificate: readCertificate(entry),
    exec: readExec(entry),
    impersonate: readImpersonation(entry),
  }
}
