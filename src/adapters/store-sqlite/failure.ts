import { type Problem, problem } from '../../core/problem/index.ts'

/** What of an error crosses the thread boundary. */
export interface Failure {
  readonly message: string
  /** `SQLITE_NOTADB`, `EACCES`, …; '' when there is none. */
  readonly code: string
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error), code: '' }
  const codes = error as { sqliteCodeName?: unknown; code?: unknown }
  const code = codes.sqliteCodeName ?? codes.code
  return { message: error.message, code: typeof code === 'string' ? code : '' }
}

interface Advice {
  readonly codes: readonly string[]
  readonly said: string
  action(file: string): string
}

const ADVICE: readonly Advice[] = [
  {
    codes: ['SQLITE_NOTADB', 'SQLITE_CORRUPT', 'SQLITE_FORMAT'],
    said: 'is damaged or not a Holdfast store',
    action: (file) =>
      `Stop Holdfast, move ${file}, ${file}-wal and ${file}-shm away (or put a backup in their place) and start again; a new store is made.`,
  },
  {
    codes: [
      'SQLITE_READONLY',
      'SQLITE_PERM',
      'SQLITE_CANTOPEN',
      'SQLITE_AUTH',
      'EACCES',
      'EPERM',
      'EROFS',
      'ENOTDIR',
      'ENOENT',
      'EISDIR',
      'EEXIST',
    ],
    said: 'cannot be opened for writing',
    action: (file) =>
      `Make ${file} and its directory writable for the user that runs Holdfast, or choose another place for the store.`,
  },
  {
    codes: ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_TOOBIG', 'ENOSPC', 'EIO', 'EDQUOT'],
    said: 'cannot be written to',
    action: (file) => `Check the free space and the health of the disk that holds ${file}.`,
  },
  {
    codes: ['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_PROTOCOL'],
    said: 'is held by another process',
    action: (file) => `Find the process that uses ${file} and stop it: one store serves one Holdfast.`,
  },
]

/** HF7001 that names the file, what is wrong with it and what to do. */
export function storeProblem(failure: Failure, file: string): Problem {
  const advice = ADVICE.find((candidate) => candidate.codes.includes(failure.code))
  if (!advice) return problem('HF7001', `The store ${file} failed: ${failure.message}`, { file })
  return problem('HF7001', `The store ${file} ${advice.said}: ${failure.message}`, { file }, advice.action(file))
}
