// Where audit events come from, as the command line says.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditFollower, followAuditLog } from '../adapters/audit-log/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import type { Loop } from '../loop/controller.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { type AuditSink, serveAudit } from '../surfaces/api/index.ts'
import type { AuditRequest } from '../surfaces/cli/run.ts'
import { parseListen } from './listen.ts'

export interface AuditSources {
  /** `host:port` of the webhook's receiver; null = none. */
  readonly address: string | null
  stop(): Promise<void>
}

function fileOf(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new HoldfastError(problem('HF7002', `${flag}: ${file} cannot be read: ${(error as Error).message}`, { file }))
  }
}

function tlsOf({ auditTlsCert: cert, auditTlsKey: key, auditClientCa: ca }: AuditRequest): object {
  if (cert === undefined && key === undefined && ca === undefined) return {}
  if (cert === undefined || key === undefined)
    throw new HoldfastError(problem('HF7002', '--audit-tls-cert and --audit-tls-key belong together'))
  const clients = ca === undefined ? {} : { clientCa: fileOf('--audit-client-ca', ca) }
  return { tls: { cert: fileOf('--audit-tls-cert', cert), key: fileOf('--audit-tls-key', key), ...clients } }
}

async function sinkFor(request: AuditRequest, loop: Loop): Promise<AuditSink | null> {
  const { auditListen, auditTokenFile, auditClientCa } = request
  if (auditListen === undefined) return null
  if (auditTokenFile === undefined && auditClientCa === undefined)
    throw new HoldfastError(
      problem(
        'HF7002',
        '--audit-listen needs --audit-token-file or --audit-client-ca: anybody could name anybody else',
      ),
    )
  const token = auditTokenFile === undefined ? '' : fileOf('--audit-token-file', auditTokenFile).trim()
  if (auditTokenFile !== undefined && token === '')
    throw new HoldfastError(
      problem('HF7002', `--audit-token-file: ${auditTokenFile} is empty`, { file: auditTokenFile }),
    )
  return serveAudit({
    ...parseListen(auditListen),
    ...tlsOf(request),
    ...(token === '' ? {} : { token }),
    onEvent: (text) => loop.audit.take(text),
    onTooLong: () => loop.audit.noteGarbage(),
  })
}

function followerOf(file: string, position: string, tools: { loop: Loop; clock: Clock; log: Log }): AuditFollower {
  const { loop, clock, log } = tools
  return followAuditLog({
    file,
    positionFile: position,
    clock,
    onLine: (line) => loop.audit.take(line),
    onTooLong: () => loop.audit.noteGarbage(),
    onTrouble: (error) => {
      if (error === null) log.info({ file }, 'the audit log is read again')
      else log.warn({ file, error: String(error) }, 'the audit log cannot be read: authors may stay unknown')
    },
  })
}

/** Opens every source of audit events that was asked for. */
export async function auditSources(
  request: AuditRequest,
  tools: { loop: Loop; clock: Clock; log: Log; stateDir: string },
): Promise<AuditSources> {
  const { loop, stateDir } = tools
  const sink = await sinkFor(request, loop)
  const followers = request.auditLog.map((file, index) =>
    followerOf(file, join(stateDir, `audit-${index}.json`), tools),
  )
  if (sink !== null || followers.length > 0) loop.audit.listen()
  return {
    address: sink === null ? null : `${sink.host}:${sink.port}`,
    stop: async () => {
      await Promise.all([sink?.close(), ...followers.map((follower) => follower.stop())])
    },
  }
}
