// Folders of renders in the temporary directory: made for one render, removed with it, swept when their process died.
import { chmod, mkdir, mkdtemp, readdir, readlink, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRunning } from '../process.ts'

export interface WorkspaceFolder {
  /** What the tools see. */
  readonly work: string
  /** Their HOME, PATH and temporary folder: empty. */
  readonly home: string
  remove(): Promise<void>
}

const PREFIX = 'holdfast-render-'
const NAME = /^holdfast-render-(\d+)-(\d+)-/
/** Whether a process of another namespace lives nobody can tell: its folders are left alone for this long. */
const FOREIGN_MS = 10 * 60_000

/** Process ids mean something only within one namespace. */
async function processNamespace(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '')
  return /\d+/.exec(link)?.[0] ?? '0'
}

async function unlock(directory: string): Promise<void> {
  await chmod(directory, 0o700)
  for (const entry of await readdir(directory, { withFileTypes: true }))
    if (entry.isDirectory()) await unlock(join(directory, entry.name))
}

/** Removes a folder whatever a tool did to its modes. Never throws: what is left goes with the next sweep. */
async function removeFolder(directory: string): Promise<void> {
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 2 })
  await remove().catch(() =>
    unlock(directory)
      .then(remove)
      .catch(() => undefined),
  )
}

export async function makeFolder(): Promise<WorkspaceFolder> {
  // Tools print the real path; messages are cleaned of it.
  const base = await realpath(tmpdir())
  const root = await mkdtemp(join(base, `${PREFIX}${await processNamespace()}-${process.pid}-`))
  const [work, home] = [join(root, 'work'), join(root, 'home')]
  await Promise.all([work, home].map((directory) => mkdir(directory, { mode: 0o700 })))
  return { work, home, remove: () => removeFolder(root) }
}

async function isStale(name: string, directory: string, now: number): Promise<boolean> {
  const [, namespace = '', pid = ''] = NAME.exec(name) ?? []
  if (pid === '') return false
  const facts = await stat(directory).catch(() => null)
  if (facts === null || facts.uid !== process.getuid?.()) return false
  if (namespace !== (await processNamespace())) return now - facts.mtimeMs > FOREIGN_MS
  if (Number(pid) !== process.pid) return !isRunning(Number(pid))
  // Of a process that had this one's number before.
  return facts.birthtimeMs < now - process.uptime() * 1_000 - 1_000
}

/** Removes what renders of dead processes left behind. Answers how many. Never throws. */
export async function sweepFolders(): Promise<number> {
  const now = Date.now()
  const names = await readdir(tmpdir()).catch(() => [])
  let removed = 0
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const directory = join(tmpdir(), name)
    if (!(await isStale(name, directory, now))) continue
    await removeFolder(directory)
    removed += 1
  }
  return removed
}
