// What credential does the kubeconfig's exec plugin give, and until when?
import { execFile, type ExecFileException } from 'node:child_process'
import { isAbsolute, resolve } from 'node:path'
import { isMap, type JsonMap } from '../../core/kube/index.ts'
import { HoldfastError, problem } from '../../core/problem/index.ts'
import type { ClusterConfig, Environment, ExecPlugin } from './config.ts'

const GROUP = 'client.authentication.k8s.io'
const VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`]

export interface ExecCredential {
  readonly token: string | null
  readonly certificate: { readonly cert: Buffer; readonly key: Buffer } | null
  /** Epoch ms; null = good until the server says otherwise. */
  readonly expires: number | null
}

export interface ExecRun {
  readonly plugin: ExecPlugin
  readonly cluster: ClusterConfig
  readonly ca: Buffer | null
  readonly env: Environment
  readonly timeoutMs: number
}

function failed(plugin: ExecPlugin, reason: string): HoldfastError {
  const hint = plugin.installHint === '' ? '' : ` ${plugin.installHint.trim()}`
  return new HoldfastError(problem('HF4011', `Exec plugin "${plugin.command}" ${reason}.${hint}`))
}

/** The input that plugins read from KUBERNETES_EXEC_INFO. */
function execInfo({ plugin, cluster, ca }: ExecRun): string {
  const spec: Record<string, unknown> = { interactive: false }
  if (plugin.provideClusterInfo) {
    spec['cluster'] = {
      server: cluster.server,
      ...(cluster.serverName === null ? {} : { 'tls-server-name': cluster.serverName }),
      ...(cluster.insecure ? { 'insecure-skip-tls-verify': true } : {}),
      ...(ca === null ? {} : { 'certificate-authority-data': ca.toString('base64') }),
      ...(cluster.proxyUrl === null ? {} : { 'proxy-url': cluster.proxyUrl }),
    }
  }
  return JSON.stringify({ apiVersion: plugin.apiVersion, kind: 'ExecCredential', spec })
}

function commandPath(plugin: ExecPlugin): string {
  const named = plugin.command.includes('/') && !isAbsolute(plugin.command)
  return named ? resolve(plugin.directory, plugin.command) : plugin.command
}

function reasonOf(error: ExecFileException, run: { stderr: string; timeoutMs: number }): string {
  if (error.killed === true) return `did not answer within ${run.timeoutMs / 1000} s`
  if (error.code === 'ENOENT') return 'was not found'
  const said = run.stderr.trim().slice(-500)
  return `failed with ${typeof error.code === 'number' ? `exit code ${error.code}` : String(error.code ?? 'an error')}${said === '' ? '' : `: ${said}`}`
}

function runCommand(run: ExecRun): Promise<string> {
  const { plugin, timeoutMs } = run
  const env = { ...run.env, ...plugin.env, KUBERNETES_EXEC_INFO: execInfo(run) }
  return new Promise((done, fail) => {
    const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 1 << 20, encoding: 'utf8' } as const
    const child = execFile(commandPath(plugin), [...plugin.args], options, (error, stdout, stderr) => {
      if (error === null) done(stdout)
      else fail(failed(plugin, reasonOf(error, { stderr, timeoutMs })))
    })
    child.stdin?.end()
  })
}

function certificateOf(status: JsonMap, plugin: ExecPlugin): ExecCredential['certificate'] {
  const cert = status['clientCertificateData']
  const key = status['clientKeyData']
  if (cert === undefined && key === undefined) return null
  if (typeof cert !== 'string' || typeof key !== 'string') {
    throw failed(plugin, 'gave only one of clientCertificateData and clientKeyData')
  }
  return { cert: Buffer.from(cert), key: Buffer.from(key) }
}

function statusOf(plugin: ExecPlugin, output: string): JsonMap {
  let answer: unknown
  try {
    answer = JSON.parse(output)
  } catch {
    throw failed(plugin, 'gave no JSON')
  }
  if (!isMap(answer) || answer['kind'] !== 'ExecCredential') throw failed(plugin, 'gave no ExecCredential')
  if (answer['apiVersion'] !== plugin.apiVersion) {
    throw failed(plugin, `answered in another apiVersion than the kubeconfig's ${plugin.apiVersion}`)
  }
  if (!isMap(answer['status'])) throw failed(plugin, 'gave an ExecCredential without status')
  return answer['status']
}

/** Reads the plugin's answer. Never repeats any of it: it is a credential. */
export function readCredential(plugin: ExecPlugin, output: string): ExecCredential {
  const status = statusOf(plugin, output)
  const token = typeof status['token'] === 'string' && status['token'] !== '' ? status['token'] : null
  const certificate = certificateOf(status, plugin)
  if (token === null && certificate === null) throw failed(plugin, 'gave neither a token nor a client certificate')
  const expires = Date.parse(String(status['expirationTimestamp'] ?? ''))
  return { token, certificate, expires: Number.isNaN(expires) ? null : expires }
}

/** Runs the plugin once. Throws HoldfastError HF4011. */
export async function runExecPlugin(run: ExecRun): Promise<ExecCredential> {
  const { plugin } = run
  if (!VERSIONS.includes(plugin.apiVersion)) {
    throw failed(plugin, `asks for apiVersion "${plugin.apiVersion}"; supported are ${VERSIONS.join(' and ')}`)
  }
  if (plugin.interactiveMode === 'Always') throw failed(plugin, 'needs a terminal (interactiveMode: Always)')
  return readCredential(plugin, await runCommand(run))
}
