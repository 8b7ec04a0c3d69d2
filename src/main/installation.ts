// Where one installation keeps its files, and the key of its digests.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { HoldfastError, problem } from '../core/problem/index.ts'

export interface Installation {
  readonly stateDir: string
  /** May be deleted at any time. */
  readonly cacheDir: string
  readonly digestKey: string
}

type Environment = Readonly<Record<string, string | undefined>>

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

function unusable(path: string, code: string): HoldfastError {
  const action = 'Name a directory that can be written, with --data-dir or HOLDFAST_DATA_DIR.'
  return new HoldfastError(problem('HF7001', `${path} cannot be used as a data directory: ${code}`, {}, action))
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/**
 * With all that it lies in. Step by step: where the kernel calls a directory missing that is there (below /proc), Node's
 * own `recursive` tries for ever.
 */
function makeDirectory(path: string): void {
  const missing: string[] = []
  for (let at = resolve(path); !isDirectory(at) && at !== dirname(at); at = dirname(at)) missing.push(at)
  for (const directory of missing.reverse()) {
    try {
      mkdirSync(directory, { mode: 0o700 })
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!isDirectory(directory)) throw unusable(path, codeOf(error))
    }
  }
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

function readOrMake(file: string, make: () => string): string {
  const known = textIn(file)
  if (known !== '') return known
  const value = make()
  try {
    writeFileSync(file, `${value}\n`, { mode: 0o600, flag: 'wx' })
    return value
  } catch (error) {
    // Another process was faster.
    const theirs = textIn(file)
    if (theirs !== '') return theirs
    throw unusable(dirname(file), codeOf(error))
  }
}

/** `--data-dir`, else HOLDFAST_DATA_DIR, else $XDG_STATE_HOME/holdfast, else ~/.local/state/holdfast. Throws HF7001. */
export function installation(env: Environment, dataDir: string | undefined): Installation {
  const home = env['HOME'] ?? homedir()
  const stateDir =
    dataDir ?? env['HOLDFAST_DATA_DIR'] ?? join(env['XDG_STATE_HOME'] ?? join(home, '.local', 'state'), 'holdfast')
  const explicit = dataDir ?? env['HOLDFAST_DATA_DIR']
  const cacheDir =
    explicit === undefined
      ? join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'holdfast', 'run')
      : join(explicit, 'cache')
  makeDirectory(stateDir)
  makeDirectory(cacheDir)
  return {
    stateDir,
    cacheDir,
    digestKey: readOrMake(join(stateDir, 'digest.key'), () => randomBytes(32).toString('hex')),
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** Who holds the Lease: host, pid namespace, pid, and a random part for every start. */
export function leaseIdentity(): string {
  return [hostname(), pidNamespace(), process.pid, randomBytes(4).toString('hex')].join('/')
}

/** True only when the other identity is a process of this very pid namespace that no longer runs. */
export function isDeadIdentity(identity: string): boolean {
  const [host, namespace, pid] = identity.split('/')
  if (host !== hostname() || namespace === '' || namespace !== pidNamespace()) return false
  if (Number(pid) === process.pid) return true
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
