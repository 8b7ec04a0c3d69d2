// Renders by the hashes of what they read: a commit that touches none of it renders nothing.
import { createHash } from 'node:crypto'
import type { Rendered } from '../../core/desired/index.ts'
import type { RepositoryFile } from './files.ts'

/** Everything but the revision. */
export type Render = Omit<Rendered, 'revision'>

interface Entry {
  readonly text: string
  readonly digest: string
}

/** Same files, same tool, same options, same key. */
export function renderKey(files: readonly RepositoryFile[], parts: readonly unknown[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts))
  for (const { path, id } of files) hash.update(`\0${path}\0${id}`)
  return hash.digest('hex')
}

export class RenderCache {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(key: string): Render | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return JSON.parse(entry.text) as Render
  }

  /** A render whose numbers JSON cannot hold, or that is too large, is simply not kept. */
  put(key: string, render: Render): void {
    let text: string
    try {
      text = JSON.stringify(render)
    } catch {
      return
    }
    if (text.length > this.#maxBytes / 4) return
    this.#entries.set(key, { text, digest: render.digest })
    this.#bytes += text.length
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return
      this.#entries.delete(oldest)
      this.#bytes -= entry.text.length
    }
  }
}
