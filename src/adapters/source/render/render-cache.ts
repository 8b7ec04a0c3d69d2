// Renders by the hashes of what they read: a commit that touches none of it renders nothing.
import { createHash } from 'node:crypto'
import type { Rendered } from '../../../core/desired/index.ts'
import { pack, type PackedObject, packedSize, unpack } from './packed.ts'
import type { RenderPlan } from './plan.ts'
import { inSlices } from './slices.ts'

/** What is the same whenever the key is. */
export type Render = Pick<Rendered, 'objects' | 'digest' | 'problems'>

interface Entry {
  readonly rest: Omit<Render, 'objects'>
  readonly objects: readonly PackedObject[]
  readonly bytes: number
}

/** Same files, same tool, same options, same key. */
export function renderKey({
  type,
  files,
  parts,
  tools,
}: Pick<RenderPlan, 'type' | 'files' | 'parts' | 'tools'>): string {
  const hash = createHash('sha256').update(JSON.stringify([type, parts, tools]))
  for (const { path, id } of files) hash.update(`\0${path}\0${id}`)
  return hash.digest('hex')
}

/** Bounded; what was used longest ago goes first. */
export class RenderCache {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  async get(key: string): Promise<Render | undefined> {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return { ...entry.rest, objects: await inSlices(entry.objects, unpack) }
  }

  /** A render that is too large is simply not kept. */
  async put(key: string, render: Render): Promise<void> {
    const { objects, ...rest } = render
    const packed = await inSlices(objects, pack)
    const bytes = packed.reduce((sum, object) => sum + packedSize(object), 0)
    if (bytes > this.#maxBytes / 4) return
    this.#bytes += bytes - (this.#entries.get(key)?.bytes ?? 0)
    this.#entries.delete(key)
    this.#entries.set(key, { rest, objects: packed, bytes })
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return
      this.#entries.delete(oldest)
      this.#bytes -= entry.bytes
    }
  }
}
