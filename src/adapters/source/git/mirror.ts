import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import { type Address, shown } from './address.ts'
import type { FileChange } from '../../../ports/source.ts'
import type { Environment } from '../environment.ts'
import { gitEnvironment } from './environment.ts'
import type { SourceLimits } from '../limits.ts'
import { ObjectReadError } from './objects.ts'
import { type Finished, run } from '../process.ts'

export interface MirrorOptions {
  readonly address: Address
  /** Folder of all mirrors. */
  readonly root: string
  readonly env: Environment
  readonly limits: SourceLimits
}

/** A ref of the mirror; `commit` is '' when it names something else than a commit. */
export interface MirrorRef {
  readonly name: string
  readonly commit: string
}

const REFSPECS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
const HEAD_REFSPEC = '+HEAD:refs/holdfast/HEAD'
const STAMP = 'holdfast-fetched'
const FOR_EACH_REF = '--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype) %(refname)'

const AUTHENTICATION = new RegExp(
  [
    'Authentication failed',
    'could not read (Username|Password)',
    'terminal prompts disabled',
    'requested URL returned error: (401|403|407)',
    'Access denied',
    'Permission denied \\(',
    'Host key verification failed',
  ].join('|'),
)
/** What git says when its own directory is damaged, half made, gone, or left locked by a process that was killed. */
const DAMAGE = new RegExp(
  [
    'not a git repository',
    'bad object',
    'bad config',
    'loose object',
    'corrupt',
    'object file .* is empty',
    'cannot lock ref',
    'cannot process',
    "Unable to create '",
    'unable to (read|access|open|resolve|write)',
    '(packfile|pack) .* (cannot be accessed|is far too short|invalid)',
    'missing (blob|tree|commit|object|necessary objects)',
    'unexpected line in .*packed-refs',
    'did not send all necessary objects',
    'unresolved deltas',
    'index file .* is too small',
    'Invalid path',
  ].join('|'),
)

/** What git says when its own files go away under it. */
const SWEPT =
  /Invalid path|No such file or directory|not a git repository|cannot (?:mkdir|chdir|create)|unable to (?:create|write|rename)/
const MAKE_ATTEMPTS = 4

const PLACE_ATTEMPTS = 20

let created = 0

/** The bare copy of one repository under the cache folder. It may vanish or break at any time: `fetch` makes it anew. */
export class Mirror {
  readonly directory: string
  private readonly options: MirrorOptions
  private suspect = false

  constructor(options: MirrorOptions) {
    this.options = options
    this.directory = join(options.root, `${options.address.key}.git`)
  }

  /** Arguments and environment for a git command that reads this mirror. */
  command(args: readonly string[]): { file: string; args: readonly string[]; env: Record<string, string> } {
    return { file: 'git', args: [`--git-dir=${this.directory}`, ...args], env: gitEnvironment(this.options.env) }
  }

  /** The next fetch makes the mirror anew; the old one serves until the new one is whole. */
  distrust(): void {
    this.suspect = true
  }

  /** Time of the last complete fetch (epoch ms), over restarts; null when there was none. */
  async fetchedAt(): Promise<number | null> {
    const text = await readFile(join(this.directory, STAMP), 'utf8').catch(() => '')
    const at = Number(text)
    return text !== '' && Number.isFinite(at) ? at : null
  }

  async exists(): Promise<boolean> {
    const parts = ['HEAD', 'objects', 'refs', STAMP].map((part) => stat(join(this.directory, part)))
    return Promise.all(parts).then(
      () => true,
      () => false,
    )
  }

  /** Brings all branches and tags up to date, `startedAt` being remembered as the time of it. Throws HF1001, HF1005, HF1011. */
  async fetch(startedAt: number, signal: AbortSignal): Promise<void> {
    if (!this.suspect && (await this.exists())) {
      const finished = await this.fetchInto(this.directory, signal)
      if (finished.outcome === 'exited' && finished.exitCode === 0) return this.stamp(this.directory, startedAt)
      if (!isDamage(finished)) throw this.failure(finished)
    }
    await this.makeAgain(startedAt, signal)
    this.suspect = false
  }

  /** Fetches one ref or commit that branches and tags do not reach. False when the remote does not give it. */
  async fetchExtra(name: string, signal: AbortSignal): Promise<boolean> {
    const target = `refs/holdfast/extra/${name.replace(/^refs\//, '')}`
    const finished = await this.git(
      this.directory,
      ['fetch', ...QUIET, '--', this.options.address.url, `+${name}:${target}`],
      signal,
    )
    return finished.outcome === 'exited' && finished.exitCode === 0
  }

  /** Throws ObjectReadError when the mirror is damaged or gone. */
  async lastChange(revision: string, file: string, signal: AbortSignal): Promise<FileChange | null> {
    const format = '--format=%H%x00%an <%ae>%x00%aI%x00%s'
    const args = ['log', '-1', format, '--no-show-signature', revision, '--', `:(top,literal)${file}`]
    const finished = await this.git(this.directory, args, signal)
    if (finished.outcome !== 'exited' || finished.exitCode !== 0) throw this.unread(finished)
    const [commit = '', author = '', date = '', subject = ''] = finished.stdout.toString('utf8').trim().split('\0')
    return commit === '' ? null : { commit, author, date, subject }
  }

  /** Every ref, annotated tags as the commit they mean. Throws ObjectReadError when the mirror is damaged or gone. */
  async refs(signal: AbortSignal): Promise<readonly MirrorRef[]> {
    const finished = await this.git(this.directory, ['for-each-ref', FOR_EACH_REF], signal)
    if (finished.exitCode !== 0) throw this.unread(finished)
    return finished.stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map(parseRef)
  }

  /** The commit that an abbreviated hash or a chain of tags means; null when there is none or more than one. */
  async commitOf(name: string, signal: AbortSignal): Promise<string | null> {
    const finished = await this.git(
      this.directory,
      ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
      signal,
    )
    if (isDamage(finished)) throw this.unread(finished)
    const commit = finished.stdout.toString('utf8').trim()
    return finished.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit) ? commit : null
  }

  /** The cache folder may be swept while a mirror is being made in it: then it is made once more. */
  private async makeAgain(startedAt: number, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.make(startedAt, signal)
      } catch (error) {
        const isSwept = !(error instanceof HoldfastError) || SWEPT.test(error.message)
        if (isSwept && attempt < MAKE_ATTEMPTS && !signal.aborted) continue
        if (error instanceof HoldfastError) throw error
        throw this.unusable(error)
      }
    }
  }

  private async make(startedAt: number, signal: AbortSignal): Promise<void> {
    created += 1
    const fresh = join(this.options.root, `${this.options.address.key}.new-${process.pid}-${created}`)
    try {
      await mkdir(this.options.root, { recursive: true, mode: 0o700 })
      const init = await this.git(fresh, ['init', '--quiet', '--bare', '--template=', fresh], signal)
      if (init.exitCode !== 0) throw this.failure(init)
      const finished = await this.fetchInto(fresh, signal)
      if (finished.outcome !== 'exited' || finished.exitCode !== 0) throw this.failure(finished)
      await this.stamp(fresh, startedAt)
      await this.putInPlace(fresh)
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }

  /** Another process may put its own copy there, or somebody wipe the folder, at the same moment. */
  private async putInPlace(fresh: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const old = `${fresh}.old-${attempt}`
      try {
        await rename(this.directory, old).catch(() => undefined)
        await rename(fresh, this.directory)
        return
      } catch (error) {
        const occupied = ['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')
        if (!occupied || attempt === PLACE_ATTEMPTS) throw error
      } finally {
        await rm(old, { recursive: true, force: true })
      }
    }
  }

  private async fetchInto(directory: string, signal: AbortSignal): Promise<Finished> {
    const { url } = this.options.address
    const args = ['fetch', ...QUIET, '--prune', '--atomic', '--', url, ...REFSPECS]
    const finished = await this.git(directory, [...args, HEAD_REFSPEC], signal)
    // An empty repository, or one whose HEAD names a branch that is not there.
    if (!/couldn't find remote ref HEAD/i.test(finished.stderr)) return finished
    await this.git(directory, ['update-ref', '-d', 'refs/holdfast/HEAD'], signal)
    return this.git(directory, args, signal)
  }

  private git(directory: string, args: readonly string[], signal: AbortSignal): Promise<Finished> {
    const { authorization } = this.options.address
    const config = authorization === null ? [] : [['http.extraHeader', `Authorization: ${authorization}`] as const]
    const isRemote = args[0] === 'fetch'
    return run({
      file: 'git',
      args: [`--git-dir=${directory}`, ...args],
      env: gitEnvironment(this.options.env, isRemote ? config : []),
      timeoutMs: isRemote ? this.options.limits.fetchMs : this.options.limits.readMs,
      maxOutputBytes: this.options.limits.outputBytes,
      signal,
    })
  }

  private async stamp(directory: string, startedAt: number): Promise<void> {
    const path = join(directory, STAMP)
    await writeFile(`${path}.new`, String(startedAt))
      .then(() => rename(`${path}.new`, path))
      .catch(() => undefined)
  }

  private unread(finished: Finished): Error {
    return isDamage(finished) ? new ObjectReadError(gitMessage(finished)) : this.failure(finished)
  }

  private unusable(error: unknown): HoldfastError {
    const { url } = this.options.address
    const why = error instanceof Error ? error.message.replaceAll(this.options.root, 'the cache') : String(error)
    return new HoldfastError(problem('HF1001', `${url}: the cache folder cannot be used: ${why}`, { repository: url }))
  }

  private failure(finished: Finished): HoldfastError {
    const { url } = this.options.address
    const { code, reason } = explain(finished, this.options.limits)
    const said = reason.replaceAll(this.directory, 'the mirror').replaceAll(this.options.root, 'the cache')
    return new HoldfastError(problem(code, `${shown(url).slice(1, -1)}: ${said}`, { repository: url }))
  }
}

const QUIET = ['--quiet', '--force', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head']

function isDamage(finished: Finished): boolean {
  if (finished.outcome !== 'exited') return false
  const own = finished.stderr
    .split('\n')
    .filter((line) => !/^remote:|does not appear to be a git repository/.test(line))
  return (
    !AUTHENTICATION.test(finished.stderr) &&
    own.some((line) => DAMAGE.test(line) && !/unable to access '[a-z]+:/.test(line))
  )
}

function explain(finished: Finished, limits: SourceLimits): { code: ProblemCode; reason: string } {
  switch (finished.outcome) {
    case 'missing':
      return { code: 'HF1011', reason: 'git is not installed or not on the PATH' }
    case 'timeout':
      return { code: 'HF1001', reason: `no answer within ${Math.round(limits.fetchMs / 1000)} s` }
    case 'aborted':
      return { code: 'HF1001', reason: 'the fetch was cancelled' }
    case 'output-limit':
      return { code: 'HF1010', reason: `git printed more than ${limits.outputBytes} bytes` }
    case 'exited': {
      const code = AUTHENTICATION.test(finished.stderr) ? 'HF1005' : 'HF1001'
      return { code, reason: gitMessage(finished) }
    }
    default:
      return finished.outcome satisfies never
  }
}

function gitMessage(finished: Finished): string {
  const lines = finished.stderr.split('\n').filter((line) => /^(fatal|error|remote|ssh|warning):? /.test(line))
  const line = lines.find((one) => one.startsWith('fatal')) ?? lines[0] ?? `git ended with ${finished.exitCode}`
  return line
    .replace(/^fatal: /, '')
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s']*@/gi, '$1')
    .slice(0, 400)
}

function parseRef(line: string): MirrorRef {
  const [object = '', type = '', peeled = '', peeledType = '', ...name] = line.split(' ')
  if (type === 'commit') return { name: [...name].join(' '), commit: object }
  return { name: [...name].join(' '), commit: peeledType === 'commit' ? peeled : '' }
}
