// The history of a working copy: who changed a file last, and its CODEOWNERS.
import { readFile, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { FileChange } from '../../ports/source.ts'
import { lastChangeOf } from './git/last-change.ts'
import { run } from './process.ts'

const LIMITS = { timeoutMs: 10_000, maxOutputBytes: 1_000_000 }
/** A repository's own settings must not run anything. */
const SAFE = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'log.showSignature=false']

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Nor bring what a partial copy left out: that would run what its settings name. */
const SAFE_ENVIRONMENT = {
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  LC_ALL: 'C',
}

/** The working copy that a path lies in; null = none. */
export async function workingCopyOf(path: string): Promise<string | null> {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (await exists(join(at, '.git'))) return at
    if (dirname(at) === at) return null
  }
}

/** The path as Git knows it. */
export function pathInside(root: string, path: string): string {
  return relative(root, resolve(path))
}

export async function localText(root: string, file: string): Promise<string | null> {
  return readFile(join(root, file), 'utf8').catch(() => null)
}

/** null where none of the files is committed, or git is not there. */
export async function localChange(
  root: string,
  files: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<FileChange | null> {
  return lastChangeOf(files, async (args) => {
    const finished = await run({
      file: 'git',
      args: [...SAFE, 'log', ...args],
      env: { PATH: env['PATH'] ?? '/usr/bin:/bin', ...SAFE_ENVIRONMENT },
      cwd: root,
      ...LIMITS,
    })
    return finished.outcome === 'exited' && finished.exitCode === 0 ? finished.stdout : Buffer.alloc(0)
  })
}
