// Which programs render, and which build of them.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { Environment } from '../environment.ts'

export interface Tool {
  readonly name: string
  readonly program: string
  /** Hash of the program: another build under the same path is another tool, the same one elsewhere is the same. */
  readonly build: string
}

export async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** The first program of this name on the PATH; null when there is none. */
async function findProgram(name: string, env: Environment): Promise<string | null> {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (directory !== '' && (await isProgram(join(directory, name)))) return join(directory, name)
  }
  return null
}

async function digestOf(program: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(program)) hash.update(chunk as Buffer)
  return hash.digest('hex').slice(0, 32)
}

/** Changes when a program is replaced. */
async function identityOf(program: string): Promise<string> {
  const { dev, ino, size, mtimeMs, ctimeMs } = await stat(program)
  return [dev, ino, size, mtimeMs, ctimeMs].join('-')
}

export class ToolFinder {
  readonly #env: Environment
  readonly #helpers = new Map<string, Promise<string | null>>()
  readonly #builds = new Map<string, { readonly identity: string; readonly build: Promise<string> }>()

  constructor(env: Environment) {
    this.#env = env
  }

  /** HOLDFAST_KUSTOMIZE, HOLDFAST_HELM, …, else the PATH. Throws HF1011. */
  async find(name: 'kustomize' | 'helm' | 'jsonnet'): Promise<Tool> {
    const variable = `HOLDFAST_${name.toUpperCase()}`
    const named = this.#env[variable] ?? ''
    if (named !== '' && (await isProgram(named))) return this.at(name, named)
    const found = named === '' ? await findProgram(name, this.#env) : null
    if (found !== null) return this.at(name, found)
    const message = named === '' ? `${name} is not on the PATH` : `${variable} names no program`
    throw new HoldfastError(problem('HF1011', message, {}, `Install ${name}, or set ${variable} to its path.`))
  }

  /** A program that the installation names by its path. Throws HF1011. */
  async at(name: string, program: string): Promise<Tool> {
    if (!(await isProgram(program))) throw new HoldfastError(problem('HF1011', `${program} (${name}) is no program`))
    return { name, program, build: await this.#buildOf(program) }
  }

  /** Read once for as long as the program stays the same. */
  async #buildOf(program: string): Promise<string> {
    const identity = await identityOf(program)
    const known = this.#builds.get(program)
    if (known?.identity === identity) return known.build
    const build = digestOf(program)
    this.#builds.set(program, { identity, build })
    build.catch(() => this.#builds.delete(program))
    return build
  }

  /** Variables of the surrounding process that a plugin may see; those that are not set are left out. */
  variables(names: readonly string[]): Readonly<Record<string, string>> {
    const found = names.map((name): [string, string | undefined] => [name, this.#env[name]])
    return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== undefined))
  }

  /** prlimit, unshare: there or not. */
  helper(name: string): Promise<string | null> {
    const known = this.#helpers.get(name) ?? findProgram(name, this.#env)
    this.#helpers.set(name, known)
    return known
  }
}
