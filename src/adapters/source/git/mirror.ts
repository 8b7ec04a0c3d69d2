import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { FileChange } from '../../../ports/source.ts'
import type { Environment } from '../environment.ts'
import type { SourceLimits } from '../limits.ts'
import { type Finished, run } from '../process.ts'
import type { GitAccess, GitLogin } from './access.ts'
import type { Address } from './address.ts'
import { gitEnvironment } from './environment.ts'
import { failureOf, gitMessage, isRefusal } from './failure.ts'
import { lastChangeOf } from './last-change.ts'
import { withLock } from './lock.ts'
import { ObjectReadError } from './objects.ts'
import { movedTo } from './redirect.ts'
import { STAMP, tidy } from './upkeep.ts'

export interface MirrorOptions {
  readonly address: Address
  /** Name of the mirror in the folder of all: another way of reaching the repository is another mirror. */
  readonly key: string
  /** Folder of all mirrors. */
  readonly root: string
  readonly env: Environment
  readonly limits: SourceLimits
  readonly access: GitAccess
}

/** A ref of the mirror; `commit` is '' when it names something else than a commit, `tag` the id of an annotated tag or ''. */
export interface MirrorRef {
  readonly name: string
  readonly commit: string
  readonly tag: string
}

const REFSPECS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']
const HEAD_REFSPEC = '+HEAD:refs/holdfast/HEAD'
const FOR_EACH_REF = '--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype) %(refname)'

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
  /** Where the repository has moved to on its host; null = nowhere. */
  private moved: string | null = null

  constructor(options: MirrorOptions) {
    this.options = options
    this.directory = join(options.root, `${options.key}.git`)
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
    try {
      await withLock(`${this.directory}.lock`, signal, async (waited) => {
        // Another process may just have done it.
        const done = waited && !this.suspect && (await this.exists()) && ((await this.fetchedAt()) ?? 0) >= startedAt
        if (!done) await this.fetchLocked(startedAt, signal)
      })
    } catch (error) {
      if (error instanceof HoldfastError) throw error
      throw this.unusable(error)
    }
  }

  private async fetchLocked(startedAt: number, signal: AbortSignal): Promise<void> {
    if (!this.suspect && (await this.exists())) {
      const finished = await this.fetchInto(this.directory, signal)
      if (finished.outcome === 'exited' && finished.exitCode === 0) return this.stamp(this.directory, startedAt)
      if (!isDamage(finished)) throw this.failure(finished)
    }
    await this.makeAgain(startedAt, signal)
    this.suspect = false
  }

  /** Keeps the mirror small; to be called now and then, beside fetches and reads. */
  async tidy(now: number, signal: AbortSignal): Promise<void> {
    await tidy(this.directory, now, (args, timeoutMs) => this.git(this.directory, args, { signal, timeoutMs }))
  }

  /** Fetches one ref or commit that branches and tags do not reach. False when the remote does not give it. */
  async fetchExtra(name: string, signal: AbortSignal): Promise<boolean> {
    const target = `refs/holdfast/extra/${name.replace(/^refs\//, '')}`
    const args = [...this.fetchWords(), '--', this.moved ?? this.options.address.url, `+${name}:${target}`]
    const finished = await this.remote(this.directory, args, signal)
    return finished.outcome === 'exited' && finished.exitCode === 0
  }

  /** Whether what lies behind this commit was left out, so that nothing can be said of it. */
  async isBoundary(commit: string): Promise<boolean> {
    const text = await readFile(join(this.directory, 'shallow'), 'utf8').catch(() => '')
    return text.split('\n').includes(commit)
  }

  /** Throws ObjectReadError when the mirror is damaged or gone. */
  async lastChange(revision: string, files: readonly string[], signal: AbortSignal): Promise<FileChange | null> {
    const found = await lastChangeOf(files, async (args) => {
      const finished = await this.git(this.directory, ['log', '--no-show-signature', revision, ...args], { signal })
      if (finished.outcome !== 'exited' || finished.exitCode !== 0) throw this.unread(finished)
      return finished.stdout
    })
    return found === null || (await this.isBoundary(found.commit)) ? null : found
  }

  /** Every ref, annotated tags as the commit they mean. Throws ObjectReadError when the mirror is damaged or gone. */
  async refs(signal: AbortSignal): Promise<readonly MirrorRef[]> {
    const finished = await this.git(this.directory, ['for-each-ref', FOR_EACH_REF], { signal })
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
      { signal },
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
        throw error
      }
    }
  }

  private async make(startedAt: number, signal: AbortSignal): Promise<void> {
    created += 1
    const fresh = join(this.options.root, `${this.options.key}.new-${process.pid}-${created}`)
    try {
      await mkdir(this.options.root, { recursive: true, mode: 0o700 })
      const init = await this.git(fresh, ['init', '--quiet', '--bare', '--template=', fresh], { signal })
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

  private fetchWords(): string[] {
    const { depth } = this.options.access
    return ['fetch', ...QUIET, ...(depth > 0 ? [`--depth=${depth}`] : [])]
  }

  private async fetchInto(directory: string, signal: AbortSignal): Promise<Finished> {
    const finished = await this.fetchFrom(directory, this.moved ?? this.options.address.url, signal)
    if (!REDIRECTED.test(finished.stderr)) return finished
    const asked = await run({
      file: 'git',
      args: ['ls-remote', '--get-url', '--', this.options.address.url],
      env: gitEnvironment(this.options.env),
      ...{ timeoutMs: this.options.limits.readMs, maxOutputBytes: 64 * 1024, signal },
    })
    this.moved = null
    const moved = await movedTo(asked.stdout.toString('utf8').trim(), this.options.access, signal)
    const again = await this.fetchFrom(directory, moved, signal)
    if (again.exitCode === 0) this.moved = moved
    return again
  }

  private async fetchFrom(directory: string, url: string, signal: AbortSignal): Promise<Finished> {
    const args = [...this.fetchWords(), '--prune', '--atomic', '--', url, ...REFSPECS]
    const finished = await this.remote(directory, [...args, HEAD_REFSPEC], signal)
    // An empty repository, or one whose HEAD names a branch that is not there.
    if (!/couldn't find remote ref HEAD/i.test(finished.stderr)) return finished
    await this.git(directory, ['update-ref', '-d', 'refs/holdfast/HEAD'], { signal })
    return this.remote(directory, args, signal)
  }

  private remote(directory: string, args: readonly string[], signal: AbortSignal): Promise<Finished> {
    const { access, limits } = this.options
    const timeoutMs = directory === this.directory ? limits.fetchMs : Math.max(limits.fetchMs, limits.mirrorMs)
    return access.use((login) => this.git(directory, args, { signal, login, timeoutMs }))
  }

  private git(directory: string, args: readonly string[], call: GitCall): Promise<Finished> {
    const { env, limits } = this.options
    const { login, signal, timeoutMs = limits.readMs } = call
    // A remote that stops sending is left before the time of the whole is up.
    const stall: readonly (readonly [string, string])[] = [
      ['http.lowSpeedLimit', '100'],
      ['http.lowSpeedTime', String(Math.max(1, Math.ceil(limits.fetchMs / 1000)))],
    ]
    return run({
      file: 'git',
      args: [`--git-dir=${directory}`, ...args],
      env: { ...gitEnvironment(env, [...stall, ...(login?.config ?? [])]), ...login?.env },
      ...{ timeoutMs, maxOutputBytes: limits.outputBytes, signal },
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
    const { address, access, limits, root } = this.options
    return failureOf(finished, {
      ...{ url: address.url, from: access.from, limits },
      places: [
        [this.directory, 'the mirror'],
        [root, 'the cache'],
      ],
    })
  }
}

interface GitCall {
  readonly signal: AbortSignal
  /** Only for what speaks with the remote. */
  readonly login?: GitLogin
  readonly timeoutMs?: number | undefined
}

const QUIET = ['--quiet', '--force', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head']
const REDIRECTED = /requested URL returned error: 30[12378]/

function isDamage(finished: Finished): boolean {
  if (finished.outcome !== 'exited') return false
  const own = finished.stderr
    .split('\n')
    .filter((line) => !/^remote:|does not appear to be a git repository/.test(line))
  return !isRefusal(finished) && own.some((line) => DAMAGE.test(line) && !/unable to access '[a-z]+:/.test(line))
}

function parseRef(line: string): MirrorRef {
  const [object = '', type = '', peeled = '', peeledType = '', ...name] = line.split(' ')
  const tag = type === 'tag' ? object : ''
  const commit = type === 'commit' ? object : peeledType === 'commit' ? peeled : ''
  return { name: name.join(' '), commit, tag }
}
