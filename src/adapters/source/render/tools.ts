// Which programs render, and which build of them.
import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { Environment } from '../environment.ts'

export interface Tool {
  readonly name: string
  readonly program: string
  /** Another build under the same path is another tool. */
  readonly build: string
}

async function isProgram(file: string): Promise<boolean> {
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

async function buildOf(program: string): Promise<string> {
  return stat(program).then(
    ({ mtimeMs, size }) => `${Math.round(mtimeMs)}-${size}`,
    () => '',
  )
}

export class ToolFinder {
  readonly #env: Environment
  readonly #helpers = new Map<string, Promise<string | null>>()

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
    return { name, program, build: await buildOf(program) }
  }

  /** prlimit, unshare: there or not. */
  helper(name: string): Promise<string | null> {
    const known = this.#helpers.get(name) ?? findProgram(name, this.#env)
    this.#helpers.set(name, known)
    return known
  }
}
