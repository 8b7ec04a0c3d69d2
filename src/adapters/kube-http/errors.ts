// What does the server's refusal mean, in the words of the catalogue?
import { formatRef, isMap, type KubeObject, type ObjectRef } from '../../core/kube/index.ts'
import { HoldfastError, type ProblemCode, problem } from '../../core/problem/index.ts'
import type { HttpAnswer } from './http.ts'
import { maskValues } from './mask.ts'

/** The parts of a `Status` that decide what the refusal means. */
export interface ServerStatus {
  readonly code: number
  readonly reason: string
  readonly message: string
  /** The kind (plural resource) and name the refusal is about. */
  readonly details: {
    readonly kind: string
    readonly name: string
    readonly causes: readonly { field: string; message: string }[]
  }
}

export interface Asked {
  readonly action: 'read' | 'write'
  readonly ref?: Omit<ObjectRef, 'version'>
  /** What was sent: its values are masked in the message when it is a Secret. */
  readonly sent?: KubeObject
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function causesOf(details: unknown): { field: string; message: string }[] {
  const causes = isMap(details) ? details['causes'] : undefined
  if (!Array.isArray(causes)) return []
  return causes.filter(isMap).map((cause) => ({ field: textOf(cause['field']), message: textOf(cause['message']) }))
}

/** Reads any answer body: a Status, or plain text as proxies and the mux write it. */
export function statusOf(code: number, text: string): ServerStatus {
  let body: unknown = null
  try {
    body = JSON.parse(text)
  } catch {
    // Plain text.
  }
  if (!isMap(body) || body['kind'] !== 'Status') {
    return { code, reason: '', message: text.trim().slice(0, 500), details: { kind: '', name: '', causes: [] } }
  }
  const details = isMap(body['details']) ? body['details'] : {}
  return {
    code: typeof body['code'] === 'number' ? body['code'] : code,
    reason: textOf(body['reason']),
    message: textOf(body['message']),
    details: { kind: textOf(details['kind']), name: textOf(details['name']), causes: causesOf(details) },
  }
}

const ADMISSION =
  /admission webhook ".*" denied|ValidatingAdmissionPolicy .* denied|failed calling webhook|does not support dry run|exceeded quota|failed quota|is forbidden: (?:violates PodSecurity|maximum|minimum|\[)|admission plugin/i
const TERMINATING = /is being terminated/
const TOO_LARGE =
  /request is too large|larger than max|Request entity too large|must have at most|Too long: (?:must have at most|may not be more than) \d+ bytes/i
const USER_ERROR =
  /failed to create typed patch object|failed to convert new object|duplicate entries for key|strict decoding error|errors? in your request|cannot be handled as a/i
const IMMUTABLE =
  /immutable|may not change|are forbidden: updates to|updates to .* are forbidden|cannot be changed|cannot change |may not be changed|must not be changed|field cannot be modified/i

function isAdmission(status: ServerStatus): boolean {
  return ADMISSION.test(status.message)
}

function forbidden(status: ServerStatus, asked: Asked): ProblemCode {
  if (asked.action === 'read') return 'HF4010'
  if (TERMINATING.test(status.message)) return 'HF4012'
  return isAdmission(status) ? 'HF4003' : 'HF4002'
}

function notFound(status: ServerStatus, asked: Asked): ProblemCode {
  if (status.details.kind === 'namespaces' && asked.ref?.kind !== 'Namespace') return 'HF4004'
  if (isKindGone(status)) return 'HF3002'
  // The object was there when it was compared: what is compared next decides.
  return asked.action === 'write' ? 'HF4007' : 'HF4008'
}

/** Another object has the name now, or a JSON Patch met another state than the one it was made for. */
const MOVED_ON = /metadata\.uid: Invalid value|^the server rejected our request due to an error in our request$/

function invalid(status: ServerStatus): ProblemCode {
  if (MOVED_ON.test(status.message)) return 'HF4007'
  if (isAdmission(status)) return 'HF4003'
  if (TOO_LARGE.test(status.message)) return 'HF4009'
  return IMMUTABLE.test(status.message) ? 'HF4006' : 'HF4005'
}

function internal(status: ServerStatus): ProblemCode {
  if (isAdmission(status)) return 'HF4003'
  if (TOO_LARGE.test(status.message)) return 'HF4009'
  return USER_ERROR.test(status.message) ? 'HF4005' : 'HF4008'
}

function conflict(status: ServerStatus): ProblemCode {
  if (TERMINATING.test(status.message)) return 'HF4012'
  return status.reason === 'AlreadyExists' ? 'HF4013' : 'HF4007'
}

/** A 404 that is about the kind, not about the object. */
export function isKindGone(status: ServerStatus): boolean {
  return status.code === 404 && (status.reason === '' || /could not find the requested resource/.test(status.message))
}

const BY_STATUS: Readonly<Record<number, (status: ServerStatus, asked: Asked) => ProblemCode>> = {
  400: invalid,
  401: () => 'HF4011',
  403: forbidden,
  404: notFound,
  405: invalid,
  409: conflict,
  413: () => 'HF4009',
  415: invalid,
  422: invalid,
}

function codeFor(status: ServerStatus, asked: Asked): ProblemCode {
  const byStatus = BY_STATUS[status.code]
  if (byStatus !== undefined) return byStatus(status, asked)
  return status.code >= 500 ? internal(status) : 'HF4008'
}

function words(status: ServerStatus, code: ProblemCode): string {
  if (code === 'HF3002') return 'The server does not serve this kind (any more).'
  if (code === 'HF4011') return `The server refused the credentials: ${status.message || 'HTTP 401'}.`
  return status.message === '' ? `HTTP ${status.code}` : status.message
}

/** The refusal as an error with the server's own words; values of a Secret are masked in them. */
export function refusal(answer: HttpAnswer, asked: Asked): HoldfastError {
  const status = statusOf(answer.status, answer.text)
  const code = codeFor(status, asked)
  const said = words(status, code)
  const message = asked.ref?.kind === 'Secret' ? maskValues(said, asked.sent) : said
  const subject = asked.ref === undefined ? {} : { object: formatRef(asked.ref) }
  return new HoldfastError(problem(code, message, subject))
}
