import { type ChildProcess, spawn } from 'node:child_process'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly timeoutMs: number
  readonly maxOutputBytes: number
  readonly signal?: AbortSignal | undefined
}

/** How it ended. `missing` = no such program; the output limit counts stdout, stderr is cut at 64 KiB. */
export interface Finished {
  readonly outcome: 'exited' | 'timeout' | 'output-limit' | 'aborted' | 'missing'
  readonly exitCode: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

const STDERR_BYTES = 64 * 1024

/** SIGKILL for the process and everything it started: helpers of git outlive a signal to git alone. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

/** Runs a program in a process group of its own, without a shell and without input. Never throws. */
export function run(command: Command): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command.file, [...command.args], {
      env: { ...command.env },
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let outcome: Finished['outcome'] = 'exited'
    const stop = (why: Finished['outcome']): void => {
      if (outcome === 'exited') outcome = why
      killGroup(child)
    }
    const stdout = collect(child.stdout, command.maxOutputBytes, () => stop('output-limit'))
    const stderr = collect(child.stderr, STDERR_BYTES, () => undefined)
    const timer = setTimeout(() => stop('timeout'), command.timeoutMs)
    const abort = (): void => stop('aborted')
    command.signal?.addEventListener('abort', abort, { once: true })
    if (command.signal?.aborted === true) abort()
    const finish = (exitCode: number | null): void => {
      clearTimeout(timer)
      command.signal?.removeEventListener('abort', abort)
      resolve({ outcome, exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') })
    }
    child.once('error', () => {
      if (child.pid === undefined) outcome = 'missing'
      finish(null)
    })
    child.once('close', (code) => finish(code))
  })
}

function collect(stream: NodeJS.ReadableStream, limit: number, onLimit: () => void): Buffer[] {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    if (size > limit) return
    size += chunk.length
    if (size > limit) onLimit()
    else chunks.push(chunk)
  })
  return chunks
}
