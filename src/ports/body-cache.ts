import type { KubeObject } from '../core/kube/index.ts'

/** Bodies by key; may lose anything at any time. Bodies put with `memory` never reach the disk. */
export interface BodyCache {
  get(key: string): KubeObject | undefined
  put(key: string, body: KubeObject, place: 'disk' | 'memory'): void
}
