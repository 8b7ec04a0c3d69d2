// Which files a Jsonnet program imports: the language demands that an import names its file literally.
import { createHash } from 'node:crypto'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { InputFile } from '../files/input-file.ts'
import { type SourceFiles, TooLargeError } from '../files/trees.ts'
import { joinedPath } from '../files/joined-path.ts'
import { shown } from '../git/address.ts'
import type { SourceLimits } from '../limits.ts'
import type { RepositoryFile } from './listing.ts'

const BETWEEN = /(?:\s|(?:\/\/|#)[^\n]*\n|\/\*[\s\S]*?\*\/)*/.source
const LITERAL = /(@?)(?:"((?:[^"\\]|\\[\s\S]|"")*)"|'((?:[^'\\]|\\[\s\S]|'')*)')/.source
const IMPORT = new RegExp(`\\b(import|importstr|importbin)${BETWEEN}${LITERAL}`, 'g')

export interface Import {
  /** Imported as a program, which may import more; not as text or bytes. */
  readonly isProgram: boolean
  readonly path: string
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text.replace(/\\'/g, "'").replace(/(^|[^\\])"/g, '$1\\"')}"`)
  } catch {
    return text
  }
}

/** More than really are imports (in comments and strings) does no harm. */
export function importsOf(program: string): Import[] {
  return [...program.matchAll(IMPORT)].map(([, keyword, verbatim, double, single]) => {
    const body = double ?? single ?? ''
    const quote = double === undefined ? "'" : '"'
    const path = verbatim === '@' ? body.replaceAll(quote + quote, quote) : unescaped(body)
    return { isProgram: keyword === 'import', path }
  })
}

function leaves(path: string, from: readonly string[]): HoldfastError {
  const directory = from.length === 0 ? '.' : from.join('/')
  const message = `a file of ${directory} imports ${shown(path)}, which leaves the repository`
  return new HoldfastError(problem('HF1006', message, { file: directory }))
}

export interface ImportContext {
  readonly files: SourceFiles
  readonly limits: SourceLimits
  /** Directories below the root where what is not found beside a program is looked for; the last one first. */
  readonly paths: readonly (readonly string[])[]
}

/** Follows programs; the files lie where they lie in the repository. */
export class Imports {
  readonly found = new Map<string, RepositoryFile>()
  readonly #programs = new Set<string>()
  readonly #context: ImportContext

  constructor(context: ImportContext) {
    this.#context = context
  }

  /** Throws HF1006, HF1010. */
  async follow(program: RepositoryFile): Promise<void> {
    this.#programs.add(program.path)
    const todo = [program]
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const from = next.path.split('/').slice(0, -1)
      todo.push(...(await this.resolve(await this.#text(next), from)))
    }
  }

  /** The programs among what a text imports that were not known before. */
  async resolve(text: string, from: readonly string[]): Promise<RepositoryFile[]> {
    const fresh: RepositoryFile[] = []
    for (const { path, isProgram } of importsOf(text)) {
      const file = await this.#locate(path, from)
      if (file === null) continue
      this.found.set(file.path, file)
      if (this.found.size > this.#context.limits.renderFiles)
        throw new HoldfastError(problem('HF1010', `more than ${this.#context.limits.renderFiles} files are imported`))
      if (!isProgram || this.#programs.has(file.path)) continue
      this.#programs.add(file.path)
      fresh.push(file)
    }
    return fresh
  }

  async #locate(path: string, from: readonly string[]): Promise<RepositoryFile | null> {
    const { files, paths } = this.#context
    // What the closure passes over the tool would still find on this machine.
    if (path.startsWith('/')) throw leaves(path, from)
    let escapes = false
    for (const directory of [from, ...[...paths].reverse()]) {
      const at = joinedPath(directory, path)
      escapes ||= at === null
      if (at === null) continue
      const place = await files.trees.locate(files.root, at)
      if (place.kind === 'blob') return { path: at.join('/'), id: place.id }
      if (place.kind === 'outside') {
        const message = `${shown(path)} is imported through a link that leaves the repository`
        throw new HoldfastError(problem('HF1006', message, { file: at.join('/') }))
      }
    }
    if (escapes) throw leaves(path, from)
    return null
  }

  async #text({ path, id }: RepositoryFile): Promise<string> {
    try {
      return (await this.#context.files.trees.blob(id)).toString('utf8')
    } catch (error) {
      if (!(error instanceof TooLargeError)) throw error
      const message = `${path} has ${error.size} bytes; a file may have ${this.#context.limits.fileBytes}`
      throw new HoldfastError(problem('HF1010', message, { file: path }))
    }
  }
}

/** A file that is made from text; same text, same id. */
export function madeFile(path: string, text: string): InputFile {
  const id = createHash('sha256').update(text).digest('hex')
  return { path, id, read: async () => Buffer.from(text) }
}
