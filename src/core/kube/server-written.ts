import { isMap } from './json.ts'
import type { Json, KubeObject } from './object.ts'
import { SERVER_METADATA } from './object.ts'

/**
 * Members of an object that the server alone writes, in the order in which they are told. managedFields are none of them:
 * they are evidence of who wrote, as long as the object, and others after each write.
 */
export const SERVER_WRITTEN: readonly string[] = [
  ...SERVER_METADATA.filter((name) => name !== 'managedFields').map((name) => `metadata.${name}`),
  'status',
]

/** By place, whatever stands there; null is nothing. */
export function serverWrittenIn(object: KubeObject): ReadonlyMap<string, Json> {
  const metadata = (isMap(object.metadata) ? object.metadata : {}) as Readonly<Record<string, unknown>>
  const at = (place: string): unknown =>
    place === 'status' ? object.status : metadata[place.slice('metadata.'.length)]
  const found = SERVER_WRITTEN.map((place) => [place, at(place)] as const)
  return new Map(found.filter((one): one is readonly [string, Json] => one[1] !== undefined && one[1] !== null))
}
