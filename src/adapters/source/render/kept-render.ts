// What of a render is kept, and in which form.
import type { Rendered } from '../../../core/desired/index.ts'
import type { PackedObject } from './packed.ts'

/** What is the same whenever the key is. */
export type Render = Pick<Rendered, 'objects' | 'digest' | 'problems'>

export interface PackedRender {
  readonly rest: Omit<Render, 'objects'>
  readonly objects: readonly PackedObject[]
  readonly bytes: number
}
