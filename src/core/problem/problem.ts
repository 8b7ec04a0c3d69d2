import { CATALOGUE, type Disposition, type ProblemCode } from './catalogue.ts'

/** The thing a problem is about. `file` is relative to the repository root; `line` is 1-based. */
export interface ProblemSubject {
  readonly app?: string
  /** `group/Kind namespace/name`, as `formatRef` prints it. */
  readonly object?: string
  readonly path?: string
  readonly repository?: string
  /** What kind of host `repository` lies on; absent = Git. */
  readonly host?: 'charts'
  readonly revision?: string
  readonly file?: string
  readonly line?: number
}

/**
 * An error as a value. `message` says what happened in one sentence; `action` says what the reader can do.
 * Never contains the value of a Secret.
 */
export interface Problem {
  readonly code: ProblemCode
  readonly message: string
  readonly action: string
  readonly subject: ProblemSubject
  /** What holds meanwhile, in sentences of their own. */
  readonly note?: string
}

/** Makes a problem; `action` comes from the catalogue unless the case knows better. */
export function problem(code: ProblemCode, message: string, subject: ProblemSubject = {}, action?: string): Problem {
  return { code, message, subject, action: action ?? CATALOGUE[code].action }
}

/** A problem on its way up the stack. Thrown only in the shell; core returns problems. */
export class HoldfastError extends Error {
  readonly problem: Problem
  constructor(value: Problem, options?: { cause?: unknown }) {
    super(`${value.code}: ${value.message}`, options)
    this.name = 'HoldfastError'
    this.problem = value
  }
  get disposition(): Disposition {
    return CATALOGUE[this.problem.code].disposition
  }
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'action' in value && 'subject' in value
}

/** Any thrown value as a problem; what is not a HoldfastError becomes `fallback` with the error's message. */
export function toProblem(error: unknown, fallback: ProblemCode, subject: ProblemSubject = {}): Problem {
  if (error instanceof HoldfastError) {
    return { ...error.problem, subject: { ...subject, ...error.problem.subject } }
  }
  return problem(fallback, error instanceof Error ? error.message : String(error), subject)
}
