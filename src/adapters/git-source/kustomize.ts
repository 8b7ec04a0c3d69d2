// Runs `kustomize build` on exactly the files of its closure, in a bare environment.
import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { HoldfastError, problem, type ProblemSubject } from '../../core/problem/index.ts'
import { type Environment, toolEnvironment } from './environment.ts'
import type { RepositoryFile } from './files.ts'
import type { SourceLimits } from './limits.ts'
import { type Finished, run } from './process.ts'
import type { TreeReader } from './tree.ts'

export interface KustomizeBuild {
  readonly files: readonly RepositoryFile[]
  /** Where the kustomization lies, relative to the repository root. */
  readonly path: readonly string[]
  readonly trees: TreeReader
  readonly limits: SourceLimits
  readonly program: string
  readonly prlimit: string | null
  readonly subject: ProblemSubject
  readonly signal?: AbortSignal | undefined
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** The first program of this name on the PATH; null when there is none. */
export async function findProgram(name: string, env: Environment): Promise<string | null> {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (directory !== '' && (await isProgram(join(directory, name)))) return join(directory, name)
  }
  return null
}

/** HOLDFAST_KUSTOMIZE, else the PATH. Throws HF1011. */
export async function kustomizeProgram(env: Environment): Promise<string> {
  const named = env['HOLDFAST_KUSTOMIZE'] ?? ''
  if (named !== '' && (await isProgram(named))) return named
  const found = named === '' ? await findProgram('kustomize', env) : null
  if (found !== null) return found
  const message = named === '' ? 'kustomize is not on the PATH' : 'HOLDFAST_KUSTOMIZE names no program'
  throw new HoldfastError(problem('HF1011', message, {}, 'Install kustomize 5, or set HOLDFAST_KUSTOMIZE to its path.'))
}

const SECRET = /secretGenerator|kind:\s*["']?Secret\b/

/** Writes the files; answers whether anything among them makes Secrets. */
async function checkOut(build: KustomizeBuild, directory: string): Promise<boolean> {
  let bytes = 0
  let secret = false
  for (const { path, id } of build.files) {
    const content = await build.trees.blob(id)
    bytes += content.length
    secret ||= SECRET.test(content.toString('latin1'))
    if (bytes > build.limits.renderBytes)
      throw new HoldfastError(
        problem('HF1010', `the kustomization reads more than ${build.limits.renderBytes} bytes`, build.subject),
      )
    const file = join(directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content, { mode: 0o600 })
  }
  return secret
}

/** One call of the tool. `directory` is where it runs; its name is kept out of messages. */
export interface KustomizeRun {
  readonly target: string
  /** Its own words may quote values of Secrets, and are withheld then. */
  readonly words: 'shown' | 'withheld'
  readonly directory: string
  readonly limits: SourceLimits
  readonly program: string
  readonly prlimit: string | null
  readonly subject: ProblemSubject
  readonly signal?: AbortSignal | undefined
}

const WITHHELD =
  'kustomize failed; its message is withheld, because this kustomization makes Secrets. Run kustomize build to see it'

function failure(call: KustomizeRun, finished: Finished): HoldfastError {
  const { limits, subject, directory } = call
  const fail = (code: 'HF1009' | 'HF1010' | 'HF1011', message: string): HoldfastError =>
    new HoldfastError(problem(code, message, subject))
  switch (finished.outcome) {
    case 'missing':
      return fail('HF1011', 'kustomize cannot be started')
    case 'timeout':
      return fail('HF1010', `kustomize did not end within ${limits.renderMs / 1000} s`)
    case 'output-limit':
      return fail('HF1010', `kustomize printed more than ${limits.outputBytes} bytes`)
    case 'aborted':
      return fail('HF1009', 'the render was cancelled')
    case 'exited': {
      if (call.words === 'withheld') return fail('HF1009', WITHHELD)
      const said = finished.stderr.replaceAll(`${directory}/`, '').replaceAll(directory, '.').trim().slice(0, 1_000)
      return fail(
        'HF1009',
        said === '' ? `kustomize ended with ${finished.exitCode ?? 'a signal (memory limit?)'}` : said,
      )
    }
    default:
      return finished.outcome satisfies never
  }
}

/** The manifests as text. Throws HF1009, HF1010, HF1011. */
export async function runKustomize(call: KustomizeRun): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-home-'))
  try {
    const tool = [call.program, 'build', call.target]
    const limited =
      call.prlimit === null ? tool : [call.prlimit, `--data=${call.limits.toolMemoryBytes}`, '--', ...tool]
    const [file = '', ...args] = limited
    const finished = await run({
      file,
      args,
      env: toolEnvironment(home, call.limits.toolMemoryBytes),
      cwd: call.directory,
      timeoutMs: call.limits.renderMs,
      maxOutputBytes: call.limits.outputBytes,
      signal: call.signal,
    })
    if (finished.outcome !== 'exited' || finished.exitCode !== 0) throw failure(call, finished)
    return finished.stdout.toString('utf8')
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** Builds from a copy of exactly the files of the closure. Throws HF1009, HF1010, HF1011. */
export async function buildKustomization(build: KustomizeBuild): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-render-'))
  try {
    const secret = await checkOut(build, directory)
    return await runKustomize({
      ...build,
      directory,
      words: secret ? 'withheld' : 'shown',
      target: join(directory, ...build.path),
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
