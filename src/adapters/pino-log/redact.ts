import { isProblem } from '../../core/problem/index.ts'

/** Values under these keys never reach a log, however deep they lie. */
const SECRET_KEYS = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'token',
  'password',
  'data',
  'stringdata',
  'binarydata',
])
const SECRET_ENDING = /(?:token|password|secret|apikey|api_key|privatekey)$/
const REDACTED = '[redacted]'
const DEPTH = 8
const MEMBERS = 200
const TEXT = 4_096

/** Text without credentials in URLs and headers, of bounded length. */
export function redactText(text: string): string {
  const shown = text.length > TEXT ? `${text.slice(0, TEXT)}… (${text.length} characters)` : text
  return shown
    .replace(/:\/\/[^/\s"']*@/g, '://[redacted]@')
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [redacted]')
}

function isSecretKey(key: string): boolean {
  const lower = key.toLowerCase()
  return SECRET_KEYS.has(lower) || SECRET_ENDING.test(lower)
}

function redactError(error: Error, parents: readonly object[]): Record<string, unknown> {
  const code = (error as { code?: unknown }).code
  const { problem } = error as { problem?: unknown }
  return {
    type: error.name,
    message: redactText(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(isProblem(problem) ? { problem: redactValue(problem, [...parents, error]) } : {}),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, [...parents, error]) }),
  }
}

function redactMembers(value: object, parents: readonly object[]): Record<string, unknown> {
  const shown: Record<string, unknown> = Object.create(null)
  const entries = Object.entries(value)
  for (const [key, member] of entries.slice(0, MEMBERS)) {
    shown[key] = isSecretKey(key) && member !== undefined && member !== null ? REDACTED : redactValue(member, parents)
  }
  if (entries.length > MEMBERS) shown['…'] = `${entries.length - MEMBERS} more`
  return shown
}

function redactObject(value: object, parents: readonly object[]): unknown {
  if (parents.includes(value)) return '[circular]'
  if (parents.length >= DEPTH) return '[deep]'
  if (value instanceof Error) return redactError(value, parents)
  const below = [...parents, value]
  if (Array.isArray(value)) return value.slice(0, MEMBERS).map((item) => redactValue(item, below))
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof Map) return redactMembers(Object.fromEntries(value), below)
  if (value instanceof Set) return redactObject([...value], below)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  return redactMembers(value, below)
}

/** A copy that JSON can say, bounded in depth and width, without anything secret. Never throws on plain data. */
export function redactValue(value: unknown, parents: readonly object[] = []): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  return typeof value === 'object' && value !== null ? redactObject(value, parents) : value
}
