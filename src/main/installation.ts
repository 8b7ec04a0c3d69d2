// Where one installation keeps its files, and the key of its digests.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'

export interface Installation {
  readonly stateDir: string
  /** May be deleted at any time. */
  readonly cacheDir: string
  readonly digestKey: string
}

type Environment = Readonly<Record<string, string | undefined>>

function readOrMake(file: string, make: () => string): string {
  try {
    const known = readFileSync(file, 'utf8').trim()
    if (known !== '') return known
  } catch {
    // Made below.
  }
  const value = make()
  try {
    writeFileSync(file, `${value}\n`, { mode: 0o600, flag: 'wx' })
    return value
  } catch {
    return readFileSync(file, 'utf8').trim()
  }
}

/** `--data-dir`, else HOLDFAST_DATA_DIR, else $XDG_STATE_HOME/holdfast, else ~/.local/state/holdfast. */
export function installation(env: Environment, dataDir: string | undefined): Installation {
  const home = env['HOME'] ?? homedir()
  const stateDir =
    dataDir ?? env['HOLDFAST_DATA_DIR'] ?? join(env['XDG_STATE_HOME'] ?? join(home, '.local', 'state'), 'holdfast')
  const explicit = dataDir ?? env['HOLDFAST_DATA_DIR']
  const cacheDir =
    explicit === undefined
      ? join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'holdfast', 'run')
      : join(explicit, 'cache')
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
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
