// The files of a source at one revision, whatever they lie in: commits, archives, folders of this machine.
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

const LINK_HOPS = 32
const LINK_BYTES = 4096

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

/** Reads trees and files by their ids; two with the same id have the same content. */
export abstract class FileTrees {
  /** Entries in the order of their names, as a walk over a directory gives them. */
  abstract entries(tree: string): Promise<readonly TreeEntry[]>

  /** The content of a file. Throws TooLargeError. */
  abstract blob(id: string): Promise<Buffer>

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
}

/** One tree of files and where it came from. */
export interface SourceFiles {
  readonly trees: FileTrees
  /** Id of the tree that paths start from. */
  readonly root: string
  /** URL without credentials; for messages. */
  readonly repository: string
  readonly revision: string
}
