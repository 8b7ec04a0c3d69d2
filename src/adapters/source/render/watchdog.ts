// Limits of a tool with all that it starts, and of what it writes: the kernel's own limits count single processes and files.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TreeLimits {
  readonly memoryBytes: number
  readonly processes: number
  readonly diskBytes: number
  /** Where what it writes is counted. */
  readonly directory: string
}

/** A tool that ends before is never looked at. */
const FIRST_LOOK_MS = 100
/** Looking may take this part of the time, at most. */
const SHARE = 10
const MAX_FILES = 200_000

interface Usage {
  processes: number
  memoryBytes: number
}

function numberOf(status: string, field: string): number {
  const found = new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1]
  return found === undefined ? 0 : Number(found)
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => [])
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'latin1').catch(() => '')),
  )
  return lists.flatMap((list) => list.split(' ').flatMap((text) => (text.trim() === '' ? [] : [Number(text)])))
}

/** Threads count as processes, as for the kernel. Stops counting above the limit. */
async function usageOf(root: number, limits: TreeLimits): Promise<Usage> {
  const usage: Usage = { processes: 0, memoryBytes: 0 }
  const todo = [root]
  for (let pid = todo.pop(); pid !== undefined && usage.processes <= limits.processes; pid = todo.pop()) {
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
    usage.processes += numberOf(status, 'Threads')
    usage.memoryBytes += (numberOf(status, 'RssAnon') + numberOf(status, 'RssShmem')) * 1024
    todo.push(...(await childrenOf(pid)))
  }
  return usage
}

async function bytesBelow(directory: string, bound: number): Promise<number> {
  let bytes = 0
  let files = 0
  const todo = [directory]
  for (let next = todo.pop(); next !== undefined && bytes <= bound && files < MAX_FILES; next = todo.pop()) {
    const here = next
    const entries = await readdir(here, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) if (entry.isDirectory()) todo.push(join(here, entry.name))
    const plain = entries.filter((entry) => entry.isFile())
    files += plain.length
    const sizes = await Promise.all(
      plain.map(({ name }) =>
        stat(join(here, name)).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        ),
      ),
    )
    bytes += sizes.reduce((sum, size) => sum + size, 0)
  }
  return files >= MAX_FILES ? Number.POSITIVE_INFINITY : bytes
}

/** What is exceeded, in words; null when nothing is. */
async function exceededBy(pid: number, limits: TreeLimits): Promise<string | null> {
  const { processes, memoryBytes } = await usageOf(pid, limits)
  if (processes > limits.processes) return `ran more than ${limits.processes} processes and threads`
  if (memoryBytes > limits.memoryBytes) return `used more than ${limits.memoryBytes} bytes of memory`
  if ((await bytesBelow(limits.directory, limits.diskBytes)) > limits.diskBytes)
    return `wrote more than ${limits.diskBytes} bytes`
  return null
}

/** Calls `onExceeded` at most once; what is answered ends the watch. */
export function watchTree(pid: number, limits: TreeLimits, onExceeded: (what: string) => void): () => void {
  const ended = new AbortController()
  const watch = async (): Promise<void> => {
    for (let wait = FIRST_LOOK_MS; !ended.signal.aborted; ) {
      await sleep(wait, undefined, { signal: ended.signal, ref: false })
      const before = performance.now()
      const exceeded = await exceededBy(pid, limits)
      if (ended.signal.aborted) return
      if (exceeded !== null) return onExceeded(exceeded)
      wait = Math.max(FIRST_LOOK_MS, (performance.now() - before) * SHARE)
    }
  }
  watch().catch(() => undefined)
  return () => ended.abort()
}
