import { isMap, type Json, type JsonMap } from '../kube/index.ts'
import { compareTyped } from './compare-typed.ts'
import { goJson } from './element.ts'
import { FieldSet } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import type { TypeNode } from './types.ts'
import { validate } from './validate.ts'

/** Where client-side `kubectl apply` keeps what it applied last. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
/** The server takes only the upgrade of its own tool on trust. */
export const UPGRADING_MANAGER = 'kubectl'
/** All annotations of an object together, keys and values, in bytes. */
const MAX_ANNOTATIONS = 256 * 1024

function annotationsOf(object: JsonMap): JsonMap {
  const metadata = object['metadata']
  const annotations = isMap(metadata) ? metadata['annotations'] : undefined
  return isMap(annotations) ? annotations : {}
}

function lastApplied(object: JsonMap): string {
  const annotations = annotationsOf(object)
  const text = Object.hasOwn(annotations, LAST_APPLIED) ? annotations[LAST_APPLIED] : undefined
  return typeof text === 'string' ? text : ''
}

function parse(text: string): JsonMap | null {
  try {
    const value = JSON.parse(text) as Json
    return isMap(value) ? value : null
  } catch {
    return null
  }
}

/**
 * The paths that client-side apply set last and that still stand as it set them: conflicts over these are no reason to
 * refuse the same tool's first server-side apply. Empty when the annotation is absent, broken or of another version.
 */
export function setByClientSideApply(live: JsonMap, at: { version: string; type: TypeNode }): FieldSet {
  const text = lastApplied(live)
  const last = text === '' ? null : parse(text)
  if (last === null || last['apiVersion'] !== at.version) return FieldSet.EMPTY
  if (validate(last, at.type).length > 0 || validate(live, at.type).length > 0) return FieldSet.EMPTY
  const { added, removed, modified } = compareTyped(last, live, at.type)
  return fieldSetOf(last, at.type).difference(modified).difference(added).difference(removed)
}

function size(annotations: JsonMap): number {
  const encoder = new TextEncoder()
  return Object.entries(annotations).reduce((sum, [key, value]) => sum + encoder.encode(key + String(value)).length, 0)
}

/** `object` with its last-applied annotation, where it has one, brought up to what was applied just now. */
export function withLastApplied(object: JsonMap, applied: JsonMap): JsonMap {
  if (lastApplied(object) === '') return object
  const { [LAST_APPLIED]: _, ...others } = annotationsOf(applied)
  const metadata = isMap(applied['metadata']) ? applied['metadata'] : {}
  const kept = { ...metadata, ...('annotations' in metadata ? { annotations: others } : {}) }
  const text = `${goJson({ ...applied, metadata: kept })}\n`
  const annotations = { ...annotationsOf(object), [LAST_APPLIED]: text }
  const { [LAST_APPLIED]: __, ...without } = annotations
  const fitting = size(annotations) > MAX_ANNOTATIONS ? without : annotations
  return { ...object, metadata: { ...(object['metadata'] as JsonMap), annotations: fitting } }
}
