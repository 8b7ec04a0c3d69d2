// Commits of one repository → their files.
import { FileTrees, TooLargeError, type TreeEntry } from '../files/trees.ts'
import { type GitObject, ObjectReadError } from './objects.ts'

const MODES: Readonly<Record<string, TreeEntry['kind']>> = {
  '40000': 'tree',
  '040000': 'tree',
  '120000': 'symlink',
  '160000': 'submodule',
}
const CACHED_ENTRIES = 200_000

function byName(a: TreeEntry, b: TreeEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function parseTree(body: Buffer, idBytes: number): TreeEntry[] {
  const entries: TreeEntry[] = []
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at)
    const nul = body.indexOf(0, space)
    if (space < 0 || nul < 0) throw new ObjectReadError('a tree cannot be read')
    const name = body.toString('utf8', space + 1, nul)
    const id = body.toString('hex', nul + 1, nul + 1 + idBytes)
    const mode = body.toString('latin1', at, space)
    at = nul + 1 + idBytes
    // Names that git itself never writes; a hostile server could.
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.toLowerCase() === '.git') continue
    entries.push({ name, kind: MODES[mode] ?? 'blob', id })
  }
  return entries.sort(byName)
}

/** The files of commits, read from objects alone. Trees are kept: they never change. */
export class GitTrees extends FileTrees {
  private readonly get: (id: string) => Promise<GitObject | null>
  private readonly cache = new Map<string, readonly TreeEntry[]>()
  private cachedEntries = 0
  /** Being read: hundreds of applications walk the same trees of a new commit at once. */
  private readonly reading = new Map<string, Promise<readonly TreeEntry[]>>()

  constructor(get: (id: string) => Promise<GitObject | null>) {
    super()
    this.get = get
  }

  /** The commit's text; null when the mirror does not have it. */
  async commit(revision: string): Promise<string | null> {
    const object = await this.get(revision)
    if (object === null || object.type !== 'commit' || object.body === null) return null
    return object.body.toString('utf8')
  }

  async rootTree(revision: string): Promise<string | null> {
    const commit = await this.commit(revision)
    if (commit === null) return null
    const tree = /^tree ([0-9a-f]{40,64})\n/.exec(commit)?.[1]
    if (tree === undefined) throw new ObjectReadError('a commit cannot be read')
    return tree
  }

  async entries(tree: string): Promise<readonly TreeEntry[]> {
    const known = this.cache.get(tree) ?? this.reading.get(tree)
    if (known !== undefined) return known
    const read = this.read(tree).finally(() => this.reading.delete(tree))
    this.reading.set(tree, read)
    return read
  }

  private async read(tree: string): Promise<readonly TreeEntry[]> {
    const object = await this.get(tree)
    if (object === null || object.type !== 'tree') throw new ObjectReadError('a tree is missing')
    if (object.body === null) throw new TooLargeError(object.size)
    const entries = parseTree(object.body, tree.length / 2)
    this.remember(tree, entries)
    return entries
  }

  async blob(id: string): Promise<Buffer> {
    const object = await this.get(id)
    if (object === null || object.type !== 'blob') throw new ObjectReadError('a file is missing')
    if (object.body === null) throw new TooLargeError(object.size)
    return object.body
  }

  private remember(tree: string, entries: readonly TreeEntry[]): void {
    this.cachedEntries += entries.length + 1
    this.cache.set(tree, entries)
    for (const [oldest, old] of this.cache) {
      if (this.cachedEntries <= CACHED_ENTRIES) return
      this.cache.delete(oldest)
      this.cachedEntries -= old.length + 1
    }
  }
}
