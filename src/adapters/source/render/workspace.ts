// A directory that holds exactly what a render reads, and the calls of tools in it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { HoldfastError, problem, type ProblemSubject } from '../../../core/problem/index.ts'
import type { InputFile } from '../files/input-file.ts'
import type { SourceLimits } from '../limits.ts'
import { type Finished, run } from '../process.ts'
import { toolEnvironment } from './tool-environment.ts'
import type { Tool, ToolFinder } from './tools.ts'

export interface ToolCall {
  readonly args: readonly string[]
  /** Where it runs, relative to the working directory; default its top. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface WorkspaceOptions {
  readonly files: readonly InputFile[]
  readonly limits: SourceLimits
  readonly tools: ToolFinder
  readonly subject: ProblemSubject
  readonly signal?: AbortSignal | undefined
}

const SECRET = /secretGenerator|kind:\s*["']?Secret\b/

export class Workspace {
  readonly #options: WorkspaceOptions
  #directory: Promise<string> | null = null
  #home: Promise<string> | null = null
  #secret = false

  constructor(options: WorkspaceOptions) {
    this.#options = options
  }

  /** The working directory, with every file of the plan in it. Throws HF1010. */
  directory(): Promise<string> {
    this.#directory ??= this.#layOut()
    return this.#directory
  }

  /** Puts a made file into the working directory; `path` is relative to it. */
  async write(path: string, content: string | Buffer): Promise<void> {
    const directory = await this.directory()
    const file = resolve(directory, path)
    if (!file.startsWith(directory + sep)) throw new Error(`${path} leaves the working directory`)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content, { mode: 0o600 })
  }

  /** What the tool printed. Throws HF1009, HF1010, HF1011. */
  async call(tool: Tool, call: ToolCall): Promise<string> {
    const { limits, signal } = this.#options
    const directory = await this.directory()
    this.#home ??= mkdtemp(join(tmpdir(), 'holdfast-home-'))
    const home = await this.#home
    const prlimit = await this.#options.tools.helper('prlimit')
    const plain = [tool.program, ...call.args]
    const limited = prlimit === null ? plain : [prlimit, `--data=${limits.toolMemoryBytes}`, '--', ...plain]
    const [file = '', ...args] = limited
    const finished = await run({
      file,
      args,
      env: { ...toolEnvironment(home, limits.toolMemoryBytes), ...call.env },
      cwd: join(directory, call.cwd ?? ''),
      timeoutMs: limits.renderMs,
      maxOutputBytes: limits.outputBytes,
      signal,
    })
    if (finished.outcome === 'exited' && finished.exitCode === 0) return finished.stdout.toString('utf8')
    throw this.#failure(tool, finished, directory)
  }

  async remove(): Promise<void> {
    for (const made of [this.#directory, this.#home]) {
      const path = await made?.catch(() => undefined)
      if (path !== undefined) await rm(path, { recursive: true, force: true })
    }
  }

  async #layOut(): Promise<string> {
    const { files, limits, subject } = this.#options
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-render-'))
    let bytes = 0
    try {
      for (const input of files) {
        const content = await input.read()
        bytes += content.length
        this.#secret ||= SECRET.test(content.toString('latin1'))
        if (bytes > limits.renderBytes)
          throw new HoldfastError(problem('HF1010', `the render reads more than ${limits.renderBytes} bytes`, subject))
        const file = join(directory, input.path)
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, content, { mode: 0o600 })
      }
    } catch (error) {
      await rm(directory, { recursive: true, force: true })
      throw error
    }
    return directory
  }

  #failure({ name }: Tool, finished: Finished, directory: string): HoldfastError {
    const { limits, subject } = this.#options
    const fail = (code: 'HF1009' | 'HF1010' | 'HF1011', message: string): HoldfastError =>
      new HoldfastError(problem(code, message, subject))
    switch (finished.outcome) {
      case 'missing':
        return fail('HF1011', `${name} cannot be started`)
      case 'timeout':
        return fail('HF1010', `${name} did not end within ${limits.renderMs / 1000} s`)
      case 'output-limit':
        return fail('HF1010', `${name} printed more than ${limits.outputBytes} bytes`)
      case 'aborted':
        return fail('HF1009', 'the render was cancelled')
      case 'exited': {
        // The tool's own words may quote values of Secrets.
        if (this.#secret)
          return fail(
            'HF1009',
            `${name} failed; its message is withheld, because this source makes Secrets. Run ${name} to see it`,
          )
        const said = finished.stderr.replaceAll(`${directory}/`, '').replaceAll(directory, '.').trim().slice(0, 1_000)
        return fail(
          'HF1009',
          said === '' ? `${name} ended with ${finished.exitCode ?? 'a signal (memory limit?)'}` : said,
        )
      }
      default:
        return finished.outcome satisfies never
    }
  }
}
