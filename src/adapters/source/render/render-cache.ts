// Renders by the hashes of what they read: a commit that touches none of it renders nothing.
import { createHash } from 'node:crypto'
import type { PackedRender, Render } from './kept-render.ts'
import { holdsSecret, pack, packedSize, unpack } from './packed.ts'
import type { RenderPlan } from './plan.ts'
import type { RenderStore } from './render-store.ts'
import { inSlices } from './slices.ts'

export interface Kept {
  readonly render: Render
  readonly from: 'memory' | 'disk'
}

/** Same files, same tool, same options, same Holdfast: same key. */
export function renderKey(
  { type, files, parts, tools }: Pick<RenderPlan, 'type' | 'files' | 'parts' | 'tools'>,
  version = '',
): string {
  const builds = tools.map(({ name, build }) => [name, build])
  const hash = createHash('sha256').update(JSON.stringify([version, type, parts, builds]))
  for (const { path, id } of files) hash.update(`\0${path}\0${id}`)
  return hash.digest('hex')
}

/** In memory, bounded (what was used longest ago goes first), and on disk where nothing secret is in it. */
export class RenderCache {
  readonly #maxBytes: number
  readonly #store: RenderStore | null
  readonly #entries = new Map<string, PackedRender>()
  #bytes = 0

  constructor(maxBytes: number, store: RenderStore | null) {
    this.#maxBytes = maxBytes
    this.#store = store
  }

  async get(key: string): Promise<Kept | undefined> {
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      return { render: { ...entry.rest, objects: await inSlices(entry.objects, unpack) }, from: 'memory' }
    }
    const render = await this.#store?.get(key)
    return render === undefined ? undefined : { render, from: 'disk' }
  }

  /** A render that is too large is simply not kept. */
  async put(key: string, render: Render): Promise<void> {
    // A limit was met: another time it might not be.
    if (render.problems.some(({ code }) => code === 'HF1010')) return
    const { objects, ...rest } = render
    const packed = await inSlices(objects, pack)
    const bytes = packed.reduce((sum, object) => sum + packedSize(object), 0)
    const entry: PackedRender = { rest, objects: packed, bytes }
    if (this.#store !== null) {
      if ((await inSlices(packed, holdsSecret)).includes(true)) await this.#store.remove(key)
      else this.#store.put(key, entry)
    }
    this.#remember(key, entry)
  }

  #remember(key: string, entry: PackedRender): void {
    if (entry.bytes > this.#maxBytes / 4) return
    this.#bytes += entry.bytes - (this.#entries.get(key)?.bytes ?? 0)
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    for (const [oldest, old] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return
      this.#entries.delete(oldest)
      this.#bytes -= old.bytes
    }
  }
}
