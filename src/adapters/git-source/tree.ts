import { type GitObject, ObjectReadError } from './objects.ts'

export interface TreeEntry {
  readonly name: string
  readonly kind: 'tree' | 'blob' | 'symlink' | 'submodule'
  readonly id: string
}

/** Where a path of the repository leads, symbolic links followed. `path` is the real path below the root. */
export type Place =
  | { readonly kind: 'tree' | 'blob' | 'submodule'; readonly id: string; readonly path: readonly string[] }
  | { readonly kind: 'missing' | 'outside' }

/** A file above the size limit. */
export class TooLargeError extends Error {
  readonly size: number
  constructor(size: number) {
    super('file too large')
    this.size = size
  }
}

const MODES: Readonly<Record<string, TreeEntry['kind']>> = {
  '40000': 'tree',
  '040000': 'tree',
  '120000': 'symlink',
  '160000': 'submodule',
}
const CACHED_ENTRIES = 200_000
const LINK_HOPS = 32
const LINK_BYTES = 4096

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

/** How far a path has been followed. */
interface Way {
  readonly trees: string[]
  readonly real: string[]
  /** Names still to go, the next one last. */
  readonly todo: string[]
  hops: number
}

function ascend(way: Way): Place | null {
  if (way.real.pop() === undefined) return { kind: 'outside' }
  way.trees.pop()
  return null
}

/** The files of commits, read from objects alone. Trees are kept: they never change. */
export class TreeReader {
  private readonly get: (id: string) => Promise<GitObject | null>
  private readonly cache = new Map<string, readonly TreeEntry[]>()
  private cachedEntries = 0

  constructor(get: (id: string) => Promise<GitObject | null>) {
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

  /** Entries in the order of their names, as a walk over a directory gives them. */
  async entries(tree: string): Promise<readonly TreeEntry[]> {
    const known = this.cache.get(tree)
    if (known !== undefined) return known
    const object = await this.get(tree)
    if (object === null || object.type !== 'tree') throw new ObjectReadError('a tree is missing')
    if (object.body === null) throw new TooLargeError(object.size)
    const entries = parseTree(object.body, tree.length / 2)
    this.remember(tree, entries)
    return entries
  }

  /** The content of a file. Throws TooLargeError. */
  async blob(id: string): Promise<Buffer> {
    const object = await this.get(id)
    if (object === null || object.type !== 'blob') throw new ObjectReadError('a file is missing')
    if (object.body === null) throw new TooLargeError(object.size)
    return object.body
  }

  /** Follows `path` from the root; `..` and links are followed as long as they stay inside the repository. */
  async locate(root: string, path: readonly string[]): Promise<Place> {
    const way: Way = { trees: [root], real: [], todo: [...path].reverse(), hops: 0 }
    for (let name = way.todo.pop(); name !== undefined; name = way.todo.pop()) {
      if (name === '' || name === '.') continue
      const end = name === '..' ? ascend(way) : await this.descend(way, name)
      if (end !== null) return end
    }
    return { kind: 'tree', id: way.trees.at(-1) ?? root, path: way.real }
  }

  /** One step down; null when the way goes on. */
  private async descend(way: Way, name: string): Promise<Place | null> {
    const entry = (await this.entries(way.trees.at(-1) ?? '')).find((one) => one.name === name)
    if (entry === undefined) return { kind: 'missing' }
    const path = [...way.real, name]
    switch (entry.kind) {
      case 'tree':
        way.trees.push(entry.id)
        way.real.push(name)
        return null
      case 'symlink':
        return this.followLink(way, entry.id)
      case 'submodule':
        return { kind: 'submodule', id: entry.id, path }
      case 'blob':
        return way.todo.every((one) => one === '' || one === '.')
          ? { kind: 'blob', id: entry.id, path }
          : { kind: 'missing' }
      default:
        return entry.kind satisfies never
    }
  }

  private async followLink(way: Way, id: string): Promise<Place | null> {
    way.hops += 1
    const target = way.hops > LINK_HOPS ? null : await this.linkTarget(id)
    if (target === null) return { kind: 'missing' }
    if (target.startsWith('/')) return { kind: 'outside' }
    way.todo.push(...target.split('/').reverse())
    return null
  }

  /** Null when the target is longer than any file system takes. */
  async linkTarget(id: string): Promise<string | null> {
    const body = await this.blob(id)
    return body.length > LINK_BYTES ? null : body.toString('utf8')
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
