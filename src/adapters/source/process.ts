import { type ChildProcess, spawn } from 'node:child_process'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly timeoutMs: number
  readonly maxOutputBytes: number
  readonly signal?: AbortSignal | undefined
  /** What it reads on standard input; default nothing. */
  readonly input?: string | Buffer
  /** Told once it runs; what is answered is called when it has ended. */
  readonly onStart?: (pid: number) => () => void
}

/** How it ended. `missing` = no such program; the output limit counts stdout, stderr is cut at 64 KiB. */
export interface Finished {
  readonly outcome: 'exited' | 'timeout' | 'output-limit' | 'aborted' | 'missing'
  readonly exitCode: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

const STDERR_BYTES = 64 * 1024
/** How long what a program left behind may hold its output open after it ended or was killed. */
const LINGER_MS = 1_000

/** SIGKILL for the process and everything it started: helpers of git outlive a signal to git alone. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

function start({ file, args, env, cwd, input }: Command): ChildProcess {
  const child = spawn(file, [...args], {
    env: { ...env },
    ...(cwd === undefined ? {} : { cwd }),
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  // A program that does not read to the end is no failure of ours.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  return child
}

/** Kills what still holds the output, then stops listening to it; `close` follows. */
function cutOff(child: ChildProcess): void {
  killGroup(child)
  child.stdout?.destroy()
  child.stderr?.destroy()
}

/** Runs a program in a process group of its own, without a shell. Never throws. */
export function run(command: Command): Promise<Finished> {
  return new Promise((resolve) => {
    const child = start(command)
    const ended = child.pid === undefined ? undefined : command.onStart?.(child.pid)
    let outcome: Finished['outcome'] = 'exited'
    let linger: NodeJS.Timeout | undefined
    const lingerOn = (): void => {
      linger ??= setTimeout(() => cutOff(child), LINGER_MS)
    }
    const stop = (why: Finished['outcome']): void => {
      if (outcome === 'exited') outcome = why
      killGroup(child)
      lingerOn()
    }
    const stdout = collect(child.stdout, command.maxOutputBytes, () => stop('output-limit'))
    const stderr = collect(child.stderr, STDERR_BYTES, () => undefined)
    const timer = setTimeout(() => stop('timeout'), command.timeoutMs)
    const abort = (): void => stop('aborted')
    command.signal?.addEventListener('abort', abort, { once: true })
    if (command.signal?.aborted === true) abort()
    const finish = (exitCode: number | null): void => {
      clearTimeout(timer)
      clearTimeout(linger)
      ended?.()
      command.signal?.removeEventListener('abort', abort)
      resolve({ outcome, exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') })
    }
    child.once('error', () => {
      if (child.pid === undefined) outcome = 'missing'
      finish(null)
    })
    child.once('exit', lingerOn)
    child.once('close', (code) => finish(code))
  })
}

function collect(stream: NodeJS.ReadableStream | null, limit: number, onLimit: () => void): Buffer[] {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    if (size > limit) return
    size += chunk.length
    if (size > limit) onLimit()
    else chunks.push(chunk)
  })
  return chunks
}

/** Is there such a process, whoever's it is? */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
