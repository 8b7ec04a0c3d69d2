// An archive as a tree of files: ids are hashes of content, as in Git.
import { createHash } from 'node:crypto'
import { type ArchiveFile, type ArchiveLimits, readArchive } from './archive-reader.ts'
import { FileTrees, TooLargeError, type TreeEntry } from './trees.ts'

function hashOf(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex')
}

const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0))
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

export class ArchiveTrees extends FileTrees {
  readonly root: string
  /** Size of all files together. */
  readonly bytes: number
  readonly #trees = new Map<string, readonly TreeEntry[]>()
  readonly #blobs = new Map<string, Buffer>()
  readonly #fileBytes: number

  private constructor(content: Awaited<ReturnType<typeof readArchive>>, fileBytes: number) {
    super()
    this.#fileBytes = fileBytes
    const entries = new Map<string, TreeEntry[]>([...content.directories].map((path) => [path, []]))
    let bytes = 0
    for (const [path, file] of content.files) {
      entries.get(parentOf(path))?.push(this.#addFile(nameOf(path), file))
      bytes += file.content.length
    }
    this.bytes = bytes
    this.root = this.#addTrees(entries)
  }

  /** Throws ArchiveError. */
  static async open(archive: Buffer, limits: ArchiveLimits & { readonly fileBytes: number }): Promise<ArchiveTrees> {
    return new ArchiveTrees(await readArchive(archive, limits), limits.fileBytes)
  }

  async entries(tree: string): Promise<readonly TreeEntry[]> {
    return this.#trees.get(tree) ?? []
  }

  async blob(id: string): Promise<Buffer> {
    const content = this.#blobs.get(id)
    if (content === undefined) throw new Error('no such file in the archive')
    if (content.length > this.#fileBytes) throw new TooLargeError(content.length)
    return content
  }

  #addFile(name: string, { kind, content }: ArchiveFile): TreeEntry {
    const id = hashOf(content)
    this.#blobs.set(id, content)
    return { name, kind, id }
  }

  /** Deepest first, since a tree's id follows from those of what lies in it. */
  #addTrees(entries: ReadonlyMap<string, TreeEntry[]>): string {
    const deepestFirst = [...entries.keys()].sort((a, b) => b.split('/').length - a.split('/').length)
    for (const path of deepestFirst) if (path !== '') entries.get(parentOf(path))?.push(this.#addTree(path, entries))
    return this.#addTree('', entries).id
  }

  #addTree(path: string, entries: ReadonlyMap<string, TreeEntry[]>): TreeEntry {
    const sorted = [...(entries.get(path) ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))
    const id = hashOf(JSON.stringify(sorted.map(({ name, kind, id: its }) => [kind, name, its])))
    this.#trees.set(id, sorted)
    return { name: nameOf(path), kind: 'tree', id }
  }
}
