// Folders of this machine as trees; an id is a path, so it says nothing about the content.
import type { Dirent } from 'node:fs'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { FileTrees, TooLargeError, type TreeEntry } from './trees.ts'

function kindOf(entry: Dirent): TreeEntry['kind'] | null {
  if (entry.isDirectory()) return 'tree'
  if (entry.isSymbolicLink()) return 'symlink'
  return entry.isFile() ? 'blob' : null
}

export class LocalTrees extends FileTrees {
  readonly #fileBytes: number
  readonly #edits: ReadonlyMap<string, string>

  /** `edits`: texts that stand for those of the files of these real paths. */
  constructor(fileBytes: number, edits: ReadonlyMap<string, string> = new Map()) {
    super()
    this.#fileBytes = fileBytes
    this.#edits = edits
  }

  async entries(tree: string): Promise<readonly TreeEntry[]> {
    const found = await readdir(tree, { withFileTypes: true })
    return found
      .flatMap((entry) => {
        const kind = entry.name === '.git' ? null : kindOf(entry)
        return kind === null ? [] : [{ name: entry.name, kind, id: join(tree, entry.name) }]
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async blob(id: string): Promise<Buffer> {
    const edited = this.#edits.get(id)
    if (edited !== undefined) return Buffer.from(edited)
    const { size } = await stat(id)
    if (size > this.#fileBytes) throw new TooLargeError(size)
    return readFile(id)
  }

  override async linkTarget(id: string): Promise<string | null> {
    const target = await readlink(id)
    // With the machine's root an absolute link leads somewhere inside it, with any other maybe out of it.
    return isAbsolute(target) ? relative(dirname(id), target) : target
  }
}
