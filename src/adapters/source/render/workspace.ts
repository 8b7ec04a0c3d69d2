// A directory that holds exactly what a render reads, and the calls of tools in it.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { HoldfastError, problem, type ProblemSubject } from '../../../core/problem/index.ts'
import type { InputFile } from '../files/input-file.ts'
import type { SourceLimits } from '../limits.ts'
import { type Finished, run } from '../process.ts'
import type { Sandbox } from './sandbox.ts'
import { holdsSecretText } from './secret-marks.ts'
import { toolEnvironment } from './tool-environment.ts'
import { isProgram, type Tool } from './tools.ts'
import { watchTree } from './watchdog.ts'
import { wordsOf } from './words.ts'
import { makeFolder, type WorkspaceFolder } from './workspace-folder.ts'

export interface ToolCall {
  readonly args: readonly string[]
  /** Where it runs, relative to the working directory; default its top. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** What it reads on standard input; default nothing. */
  readonly input?: string
  /** It may use the network. */
  readonly network?: boolean
  /** Shorter than what is left of the render's own time. */
  readonly timeoutMs?: number | undefined
  /** Texts that stand as `***` in messages. */
  readonly mask?: readonly string[]
  /**
   * All texts that may not be told, asked for when the tool failed: its own words are told although the source makes
   * Secrets. null = nobody knows them all, and the words are withheld. Absent: they are withheld when it makes Secrets.
   */
  readonly secrets?: () => Promise<readonly string[] | null>
}

export interface WorkspaceOptions {
  readonly files: readonly InputFile[]
  readonly limits: SourceLimits
  readonly sandbox: Sandbox
  /** `read`: tools find the files read-only. */
  readonly access: 'read' | 'write'
  readonly subject: ProblemSubject
  readonly signal?: AbortSignal | undefined
}

const OUT_OF_MEMORY = /out of memory|cannot allocate memory|std::bad_alloc|MemoryError|heap limit/i
const MEBIBYTE = 1024 * 1024

function within(directory: string, path: string): string {
  const file = resolve(directory, path)
  if (!file.startsWith(directory + sep)) throw new Error(`${path} leaves the working directory`)
  return file
}

export class Workspace {
  readonly #options: WorkspaceOptions
  readonly #startedAt = performance.now()
  #folder: Promise<WorkspaceFolder> | null = null
  #filled: Promise<string> | null = null
  #secret = false

  constructor(options: WorkspaceOptions) {
    this.#options = options
  }

  /** The working directory, with every file of the plan in it. Throws HF1010. */
  directory(): Promise<string> {
    this.#filled ??= this.#layOut()
    return this.#filled
  }

  /** Puts a made file into the working directory; `path` is relative to it. */
  async write(path: string, content: string | Buffer): Promise<void> {
    const directory = await this.directory()
    const file = within(directory, path)
    this.#secret ||= holdsSecretText(Buffer.from(content))
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    // The file of the plan that it may stand for is read-only.
    await rm(file, { force: true })
    await writeFile(file, content, { mode: 0o600 })
  }

  /** What the tool printed. Throws HF1009, HF1010, HF1011. */
  async call(tool: Tool, call: ToolCall): Promise<string> {
    const { limits, signal } = this.#options
    const directory = await this.directory()
    const timeoutMs = this.#timeLeft(call)
    const exceeded = new AbortController()
    const finished = await run({
      ...(await this.#commandLine(tool, call, timeoutMs)),
      cwd: join(directory, call.cwd ?? ''),
      timeoutMs,
      maxOutputBytes: limits.outputBytes,
      signal: signal === undefined ? exceeded.signal : AbortSignal.any([signal, exceeded.signal]),
      ...(call.input === undefined ? {} : { input: call.input }),
      onStart: (pid) => {
        const { toolMemoryBytes: memoryBytes, toolProcesses: processes, renderBytes } = limits
        const bounds = { memoryBytes, processes, diskBytes: renderBytes * 2, directory: dirname(directory) }
        return watchTree(pid, bounds, (what) => exceeded.abort(what))
      },
    })
    if (exceeded.signal.aborted) throw this.#problem('HF1010', `${tool.name} ${String(exceeded.signal.reason)}`)
    if (finished.outcome !== 'exited' || finished.exitCode !== 0) {
      // What starts it confined says so in words of its own.
      if (!(await isProgram(tool.program))) throw this.#problem('HF1011', `${tool.name} cannot be started`)
      throw await this.#failure({ tool, call, finished, timeoutMs, directory })
    }
    return this.#text(tool, finished.stdout)
  }

  async remove(): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined)
    await folder?.remove()
  }

  #timeLeft({ timeoutMs }: ToolCall): number {
    const left = Math.max(1, this.#options.limits.renderMs - (performance.now() - this.#startedAt))
    return Math.ceil(Math.min(left, timeoutMs ?? left))
  }

  async #commandLine(
    tool: Tool,
    { args, env, network = false }: ToolCall,
    timeoutMs: number,
  ): Promise<{ file: string; args: readonly string[]; env: Readonly<Record<string, string>> }> {
    const { limits, sandbox } = this.#options
    const { home } = await this.#made()
    const [file = '', ...rest] = await sandbox.confine([tool.program, ...args], { network, timeoutMs })
    return { file, args: rest, env: { ...toolEnvironment(home, limits.toolMemoryBytes, { network }), ...env } }
  }

  #made(): Promise<WorkspaceFolder> {
    this.#folder ??= makeFolder()
    return this.#folder
  }

  async #layOut(): Promise<string> {
    const { files, limits, access } = this.#options
    const mode = access === 'read' ? 0o400 : 0o600
    const { work } = await this.#made()
    let bytes = 0
    for (const input of files) {
      const content = await input.read()
      bytes += content.length
      if (bytes > limits.renderBytes)
        throw this.#problem('HF1010', `the render reads more than ${limits.renderBytes} bytes`)
      this.#secret ||= holdsSecretText(content)
      const file = within(work, input.path)
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await writeFile(file, content, { mode })
    }
    return work
  }

  /** Output that is no text would be taken for text with other characters. */
  #text({ name }: Tool, stdout: Buffer): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(stdout)
    } catch {
      throw this.#problem('HF1009', `${name} printed bytes that are not UTF-8`)
    }
  }

  #problem(code: 'HF1009' | 'HF1010' | 'HF1011', message: string, action?: string): HoldfastError {
    return new HoldfastError(problem(code, message, this.#options.subject, action))
  }

  async #failure(failed: Failed): Promise<HoldfastError> {
    const { limits, signal } = this.#options
    const { finished, timeoutMs } = failed
    const { name } = failed.tool
    switch (finished.outcome) {
      case 'missing':
        return this.#problem('HF1011', `${name} cannot be started`)
      case 'timeout':
        return this.#problem('HF1010', `${name} did not end within ${Math.round(timeoutMs / 100) / 10} s`)
      case 'output-limit':
        return this.#problem('HF1010', `${name} printed more than ${limits.outputBytes} bytes`)
      case 'aborted':
        if (signal?.reason instanceof HoldfastError) return signal.reason
        return this.#problem('HF1009', 'the render was cancelled')
      case 'exited':
        return this.#ended(failed)
      default:
        return finished.outcome satisfies never
    }
  }

  #withheld(name: string, why: string): HoldfastError {
    const message = `${name} failed; its message is withheld, because ${why}. Run ${name} to see it`
    return this.#problem('HF1009', message)
  }

  async #ended({ tool, call, finished, directory }: Failed): Promise<HoldfastError> {
    const { name } = tool
    const { exitCode, stderr } = finished
    if (OUT_OF_MEMORY.test(stderr)) {
      const message = `${name} ran out of memory; it may use ${Math.floor(this.#options.limits.toolMemoryBytes / MEBIBYTE)} MiB`
      return this.#problem('HF1010', message)
    }
    const secrets = call.secrets === undefined ? undefined : await call.secrets()
    // The tool's own words may quote values of Secrets.
    if (secrets === undefined && this.#secret) return this.#withheld(name, 'this source makes Secrets')
    if (secrets === null) return this.#withheld(name, 'its files are too large to tell what in them is secret')
    const said = wordsOf(stderr, directory, [...(call.mask ?? []), ...(secrets ?? [])])
    const end = exitCode === null ? 'a signal (a limit of memory, time or file size?)' : `exit code ${exitCode}`
    return this.#problem('HF1009', said === '' ? `${name} ended with ${end}` : said)
  }
}

interface Failed {
  readonly tool: Tool
  readonly call: ToolCall
  readonly finished: Finished
  readonly timeoutMs: number
  readonly directory: string
}
