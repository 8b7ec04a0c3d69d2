// Whose child an object is, by its owner references. What a server did not write may be anything.
import { isMap } from './json.ts'
import type { KubeObject } from './object.ts'

/** One of them, as far as it can be read. */
export interface Owning {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller: boolean
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function ownersOf(object: KubeObject): Owning[] {
  const metadata: unknown = object.metadata
  const listed: unknown = isMap(metadata) ? metadata.ownerReferences : undefined
  return (Array.isArray(listed) ? listed : []).filter(isMap).map((one) => ({
    apiVersion: text(one.apiVersion),
    kind: text(one.kind),
    name: text(one.name),
    uid: text(one.uid),
    controller: one.controller === true,
  }))
}

/** The owner that looks after it; null = nobody does. */
export function controllerOf(object: KubeObject): Owning | null {
  return ownersOf(object).find(({ controller }) => controller) ?? null
}

/** Its controller, else the first of its owners. */
export function parentOf(object: KubeObject): Owning | null {
  return controllerOf(object) ?? ownersOf(object)[0] ?? null
}
