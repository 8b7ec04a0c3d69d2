// Where a command keeps what it may lose.
import { randomBytes } from 'node:crypto'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './cluster.ts'
import { installation } from './installation.ts'

/** Where nothing may be written, digests hold for this run alone and mirrors go to the temporary folder. */
export function homeOf(env: Environment): {
  readonly digestKey: string
  readonly cacheDir: string
  /** null = there is none. */
  readonly stateDir: string | null
} {
  try {
    return installation(env, undefined)
  } catch {
    const cacheDir = join(tmpdir(), `holdfast-${userInfo().uid}`)
    return { digestKey: randomBytes(32).toString('hex'), cacheDir, stateDir: null }
  }
}
