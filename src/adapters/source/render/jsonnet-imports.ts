// Which files a Jsonnet program imports: the language demands that an import names its file literally.
import { createHash } from 'node:crypto'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import type { InputFile } from '../files/input-file.ts'
import { type SourceFiles, TooLargeError } from '../files/trees.ts'
import { joinedPath } from '../files/joined-path.ts'
import { shown } from '../git/address.ts'
import type { SourceLimits } from '../limits.ts'
import type { RepositoryFile } from './listing.ts'

/** Each is looked behind, in texts and comments too: what looks like one there must not hide one that is. */
const KEYWORD = /\b(?:import|importstr|importbin)\b/g
const SPACE = /\s*/y
const LITERAL =
  /"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|'([^'\\]*(?:\\[\s\S][^'\\]*)*)'|@"([^"]*(?:""[^"]*)*)"|@'([^']*(?:''[^']*)*)'/y
/** Characters between keywords and what they name, of one program: an import in a comment may stand before all the rest of it. */
const LONGEST_WAY = 32 * 1024 * 1024

export interface Import {
  /** Imported as a program, which may import more; not as text or bytes. */
  readonly isProgram: boolean
  readonly path: string
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** As Jsonnet reads it; what is no escape is refused by the tool. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code?: string, char = '') =>
    code === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}

/** Where the next word begins, space and comments passed over. */
function afterSpace(program: string, from: number): number {
  for (let at = from; ; ) {
    SPACE.lastIndex = at
    SPACE.exec(program)
    at = SPACE.lastIndex
    const isLine = program[at] === '#' || program.startsWith('//', at)
    if (!isLine && !program.startsWith('/*', at)) return at
    const end = program.indexOf(isLine ? '\n' : '*/', isLine ? at : at + 2)
    if (end < 0) return program.length
    at = end + (isLine ? 1 : 2)
  }
}

function literalAt(program: string, at: number): string | null {
  LITERAL.lastIndex = at
  const [, double, single, verbatimDouble, verbatimSingle] = LITERAL.exec(program) ?? []
  const escaped = double ?? single
  if (escaped !== undefined) return unescaped(escaped)
  return verbatimDouble?.replaceAll('""', '"') ?? verbatimSingle?.replaceAll("''", "'") ?? null
}

/** More than really are imports (in comments and texts) does no harm. Throws HF1010. */
export function importsOf(program: string): Import[] {
  const found: Import[] = []
  let way = 0
  for (const { 0: keyword, index } of program.matchAll(KEYWORD)) {
    const start = index + keyword.length
    const at = afterSpace(program, start)
    const path = literalAt(program, at)
    way += at - start + (path?.length ?? 0)
    if (way > LONGEST_WAY) throw new HoldfastError(problem('HF1010', 'the imports of a program cannot be told apart'))
    if (path !== null) found.push({ isProgram: keyword === 'import', path })
  }
  return found
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
  return { path, id, home: null, read: async () => Buffer.from(text) }
}
