// Jsonnet programs among the files of a directory: evaluated by the tool, with what they import and nothing else.
import type { DirectoryOptions, JsonnetVariable } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { type InputFile, inputsFrom } from '../files/input-file.ts'
import { shown } from '../git/address.ts'
import { substitute } from './build-environment.ts'
import { joinedPath } from '../files/joined-path.ts'
import { Imports, madeFile } from './jsonnet-imports.ts'
import type { RepositoryFile } from './listing.ts'
import type { RenderContext } from './plan.ts'
import type { FileText } from './read-files.ts'
import type { Tool } from './tools.ts'
import type { Workspace } from './workspace.ts'

export interface JsonnetPlan {
  readonly tool: Tool
  /** What the programs import, and the values of variables. */
  readonly files: readonly InputFile[]
  readonly parts: readonly unknown[]
  /** The objects that a program yields; null when it yields none. Throws HF1009, HF1010. */
  evaluate(work: Workspace, program: string): Promise<FileText | null>
}

const VARIABLES = '.holdfast-jsonnet'

interface Variable extends JsonnetVariable {
  readonly flag: 'ext' | 'tla'
}

function variablesOf({ source, environment, subject }: RenderContext): Variable[] {
  const { extVars, tlas } = source.directory.jsonnet
  const all = [
    ...tlas.map((one) => ({ ...one, flag: 'tla' as const })),
    ...extVars.map((one) => ({ ...one, flag: 'ext' as const })),
  ]
  return all.map((variable) => {
    const { name, value } = variable
    if (name.includes('=')) throw new HoldfastError(problem('HF2001', `the variable ${shown(name)} holds =`, subject))
    return { ...variable, value: substitute(value, environment) }
  })
}

/** Directories of libraries are written from the root of the repository. Throws HF1006. */
function libraries(libs: DirectoryOptions['jsonnet']['libs'], { subject, top }: RenderContext): string[][] {
  return libs.map((lib) => {
    const path = joinedPath([], lib)
    if (path !== null) return [...top, ...path]
    throw new HoldfastError(problem('HF1006', `jsonnet.libs: ${shown(lib)} leaves the repository`, subject))
  })
}

/** A list may hold null for what is left out; items of a list of ours must be objects. */
function itemsOf(output: string): string {
  if (!output.includes('null')) return output
  const items = JSON.parse(output) as unknown[]
  return JSON.stringify(items.filter((item) => item !== null))
}

function textOfOutput(program: string, output: string): FileText | null {
  const trimmed = output.trim()
  if (trimmed === 'null') return null
  if (!/^[[{]/.test(trimmed)) {
    const message = `${program} yields neither an object nor a list of objects`
    throw new HoldfastError(problem('HF1009', message, { file: program }))
  }
  const text = trimmed.startsWith('[') ? `{"apiVersion":"v1","kind":"List","items":${itemsOf(trimmed)}}` : trimmed
  return { file: program, text, lines: 'none' }
}

/** The tool names file and line of what went wrong. */
function locatedError(error: unknown, program: string): unknown {
  if (!(error instanceof HoldfastError) || error.problem.code !== 'HF1009') return error
  const { message, subject } = error.problem
  const [, file = program, line] = /(?:^|\s)([^\s:]+\.(?:jsonnet|libsonnet)):(?:\()?(\d+):/.exec(message) ?? []
  const where = line === undefined ? { file: program } : { file, line: Number(line) }
  return new HoldfastError({ ...error.problem, subject: { ...subject, ...where } }, { cause: error })
}

async function valueFiles(variables: readonly Variable[], imports: Imports): Promise<InputFile[]> {
  for (const { code, value } of variables) {
    if (code) for (const program of await imports.resolve(value, [VARIABLES])) await imports.follow(program)
  }
  return variables.map(({ value }, index) => madeFile(`${VARIABLES}/${index}`, value))
}

/** Throws HF1006, HF1010, HF1011, HF2001. */
export async function planJsonnet(context: RenderContext, programs: readonly RepositoryFile[]): Promise<JsonnetPlan> {
  const { source, files, place, limits, tools } = context
  const tool = await tools.find('jsonnet')
  const paths = [place.path, ...libraries(source.directory.jsonnet.libs, context)]
  const imports = new Imports({ files, limits, paths })
  for (const program of programs) await imports.follow(program)
  const variables = variablesOf(context)
  const values = await valueFiles(variables, imports)
  const flags = variables.map(({ flag, code, name }, index) => [
    `--${flag}-${code ? 'code' : 'str'}-file`,
    `${name}=${VARIABLES}/${index}`,
  ])
  const args = [...paths.flatMap((path) => ['-J', path.join('/') || '.']), ...flags.flat(), '--']
  return {
    tool,
    files: [...inputsFrom(files.trees, [...imports.found.values()]), ...values],
    parts: [args],
    evaluate: async (work, program) => {
      try {
        return textOfOutput(program, await work.call(tool, { args: [...args, program] }))
      } catch (error) {
        throw locatedError(error, program)
      }
    },
  }
}
