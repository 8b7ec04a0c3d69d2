// A person's or a pipeline's checkout: which of its files may be changed, and commits of single files. Git runs with the
// caller's own settings (author, hooks, signing, credentials), as it would on their command line.
import { lstat, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import type { Environment } from '../environment.ts'
import { SOURCE_LIMITS } from '../limits.ts'
import { type Finished, run } from '../process.ts'

/** Variables that would point git at another repository than the one that was named. */
const ELSEWHERE = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY']
const COMMIT_MS = 120_000
const OUTPUT_BYTES = 64 * 1024 * 1024

function environmentOf(env: Environment): Record<string, string> {
  const given = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || ELSEWHERE.includes(name) ? [] : [[name, value]],
  )
  return { ...Object.fromEntries(given), GIT_TERMINAL_PROMPT: '0', GIT_LITERAL_PATHSPECS: '1', LC_ALL: 'C' }
}

/** Git's own words, on one line, without credentials in addresses. */
function said({ stderr, stdout, outcome }: Finished): string {
  if (outcome !== 'exited') return `git: ${outcome}`
  const words = stderr.trim() === '' ? stdout.toString('utf8') : stderr
  return words
    .trim()
    .replace(/:\/\/[^/@\s]*@/g, '://')
    .replace(/\s*\n\s*/g, ' ')
    .slice(0, 1000)
}

function refuse(code: ProblemCode, message: string, file?: string): HoldfastError {
  return new HoldfastError(problem(code, message, file === undefined ? {} : { file }))
}

export interface CommitRequest {
  /** Real path. */
  readonly file: string
  readonly message: string
}

export class WorkTree {
  /** Its real path. */
  readonly top: string
  readonly #env: Record<string, string>

  private constructor(top: string, env: Record<string, string>) {
    this.top = top
    this.#env = env
  }

  /** The work tree that a directory lies in. Throws HF8006. */
  static async open(directory: string, env: Environment): Promise<WorkTree> {
    const settings = environmentOf(env)
    const found = await run({
      ...{ file: 'git', args: ['rev-parse', '--show-toplevel'], env: settings, cwd: directory },
      ...{ timeoutMs: COMMIT_MS, maxOutputBytes: OUTPUT_BYTES },
    })
    const top = found.stdout.toString('utf8').replace(/\n$/, '')
    if (found.exitCode !== 0 || top === '') throw refuse('HF8006', `${directory} lies in no work tree: ${said(found)}`)
    return new WorkTree(await realpath(top), settings)
  }

  /** The text of a file, given by its real path, that may be changed here; null for all others. */
  async read(file: string): Promise<string | null> {
    const names = relative(this.top, file).split('/')
    if (names.includes('..') || names.includes('.git')) return null
    const found = await lstat(file).catch(() => null)
    if (found === null || !found.isFile() || found.size > SOURCE_LIMITS.fileBytes) return null
    if ((await realpath(file)) !== file || (await this.#topOf(file)) !== this.top) return null
    const bytes = await readFile(file)
    const text = bytes.toString('utf8')
    return Buffer.from(text).equals(bytes) ? text : null
  }

  /** Of a submodule's file the submodule's. */
  async #topOf(file: string): Promise<string> {
    const found = await this.#git(['rev-parse', '--show-toplevel'], { cwd: dirname(file) })
    return realpath(found.stdout.toString('utf8').replace(/\n$/, '')).catch(() => '')
  }

  /** Its files whose names are among these, from its top, whether they are committed or not. */
  async filesNamed(names: readonly string[]): Promise<readonly string[]> {
    const listed = await this.#git(['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
    return listed.stdout
      .toString('utf8')
      .split('\0')
      .filter((file) => names.includes(basename(file)))
  }

  async remotes(): Promise<readonly string[]> {
    const { stdout } = await this.#git(['config', '--get-regexp', '^remote\\..*\\.url$'])
    return stdout
      .toString('utf8')
      .split('\n')
      .flatMap((line) => line.split(' ').slice(1, 2))
  }

  /** Throws HF8006 where a commit of the file would hold more than what is changed now, or cannot be made. */
  async mayCommit(file: string): Promise<void> {
    const path = relative(this.top, file)
    const { stdout, exitCode } = await this.#git(['status', '--porcelain=v1', '-z', '--ignored', '--', path])
    const status = stdout.toString('utf8').slice(0, 2)
    if (exitCode !== 0 || status === '??' || status === '!!')
      throw refuse('HF8006', `${path} is not in Git: add and commit it first`, path)
    if (status !== '') throw refuse('HF8006', `${path} has changes that are not committed`, path)
  }

  /** In one step; its mode stays. */
  async write(file: string, text: string): Promise<void> {
    const beside = join(dirname(file), `.${basename(file)}.holdfast-${process.pid}`)
    const { mode } = await lstat(file)
    try {
      await writeFile(beside, text, { mode, flag: 'wx' })
      await rename(beside, file)
    } catch (error) {
      await rm(beside, { force: true })
      throw refuse('HF8006', `${relative(this.top, file)} cannot be written: ${(error as NodeJS.ErrnoException).code}`)
    }
  }

  /** Commits this file alone, whatever else is changed or staged; answers the commit. Throws HF8007. */
  async commit({ file, message }: CommitRequest): Promise<string> {
    const path = relative(this.top, file)
    const done = await this.#git(['commit', '--quiet', '--only', '-F', '-', '--', path], { input: message })
    if (done.exitCode !== 0) throw refuse('HF8007', `${path}: ${said(done)}`, path)
    const { stdout } = await this.#git(['rev-parse', 'HEAD'])
    return stdout.toString('utf8').trim()
  }

  /** The branch that HEAD is on; null = none. */
  async branch(): Promise<string | null> {
    const { stdout, exitCode } = await this.#git(['symbolic-ref', '--quiet', '--short', 'HEAD'])
    return exitCode === 0 ? stdout.toString('utf8').trim() : null
  }

  /** Where a push would go. Throws HF8006 where that cannot be told, so that nothing is committed before. */
  async target(branch: string | null): Promise<{ readonly remote: string; readonly branch: string }> {
    const own = await this.branch()
    const name = branch ?? own
    if (name === null) throw refuse('HF8006', 'HEAD is on no branch: say which one to push to, --push BRANCH')
    const checked = await this.#git(['check-ref-format', `refs/heads/${name}`])
    if (checked.exitCode !== 0 || name.startsWith('-'))
      throw refuse('HF8006', `${JSON.stringify(name)} is no name of a branch`)
    const { stdout } = own === null ? { stdout: '' } : await this.#git(['config', '--get', `branch.${own}.remote`])
    const remote = stdout.toString().trim() || 'origin'
    const there = await this.#git(['remote', 'get-url', '--', remote])
    if (remote === '.' || there.exitCode !== 0)
      throw refuse('HF8006', `there is no remote ${JSON.stringify(remote)} to push to`)
    return { remote, branch: name }
  }

  /** Throws HF8008. */
  async push({ remote, branch }: { remote: string; branch: string }): Promise<void> {
    const done = await this.#git(['push', '--quiet', '--', remote, `HEAD:refs/heads/${branch}`])
    if (done.exitCode !== 0) throw refuse('HF8008', `${remote} ${branch}: ${said(done)}`)
  }

  #git(args: readonly string[], more: { cwd?: string; input?: string } = {}): Promise<Finished> {
    const limits = { timeoutMs: COMMIT_MS, maxOutputBytes: OUTPUT_BYTES }
    return run({ file: 'git', args, env: this.#env, cwd: this.top, ...limits, ...more })
  }
}
