// What does one line of a watch say?
import { isMap, type JsonMap, type KubeObject } from '../../core/kube/index.ts'
import { parseJson } from './json.ts'

export type WatchLine =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string }
  | { readonly type: 'garbage'; readonly reason: string }

function garbage(reason: string): WatchLine {
  return { type: 'garbage', reason }
}

function bookmark(object: JsonMap): WatchLine {
  const metadata = object['metadata']
  const resourceVersion = isMap(metadata) ? metadata['resourceVersion'] : undefined
  if (typeof resourceVersion !== 'string' || resourceVersion === '')
    return garbage('a bookmark without resourceVersion')
  return { type: 'BOOKMARK', resourceVersion }
}

/** An object as lists and watches carry it, or null when it has no identity. */
export function objectOf(value: unknown): KubeObject | null {
  if (!isMap(value) || !isMap(value['metadata'])) return null
  const { name, namespace, uid, resourceVersion } = value['metadata']
  const hasNames = typeof name === 'string' && name !== '' && (namespace === undefined || typeof namespace === 'string')
  const hasVersion = (uid === undefined || typeof uid === 'string') && typeof resourceVersion === 'string'
  return hasNames && hasVersion ? (value as unknown as KubeObject) : null
}

function failure({ code, message }: JsonMap): WatchLine {
  const text = typeof message === 'string' ? message : ''
  return { type: 'ERROR', code: typeof code === 'number' ? code : 0, message: text }
}

function change(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: JsonMap): WatchLine {
  const known = objectOf(object)
  return known === null ? garbage('an object without name or resourceVersion') : { type, object: known }
}

/** Never throws: what is not an event is `garbage`. */
export function readWatchLine(line: string): WatchLine {
  let event: unknown
  try {
    event = parseJson(line)
  } catch {
    return garbage('a line that is not JSON')
  }
  if (!isMap(event) || !isMap(event['object'])) return garbage('a line that is not an event')
  const { type, object } = event
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return change(type, object)
  if (type === 'BOOKMARK') return bookmark(object)
  return type === 'ERROR' ? failure(object) : garbage('an event of unknown type')
}
