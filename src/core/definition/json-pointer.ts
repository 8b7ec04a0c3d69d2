import { isMap } from '../kube/index.ts'
import type { JsonPath } from './jq-path.ts'

export type PointerParse = { readonly segments: readonly string[] } | { readonly error: string }

/**
 * Reads an RFC 6901 pointer (`/metadata/annotations/a~1b`). `-` and wildcards name no place that exists, so they are
 * refused, and so is '', which would ignore the whole object.
 */
export function parsePointer(text: string): PointerParse {
  if (text === '') return { error: 'it names the whole object' }
  if (!text.startsWith('/')) return { error: 'it must begin with /' }
  const parts = text.slice(1).split('/')
  const wildcard = parts.find((part) => part === '-' || part === '*' || part === '**')
  if (wildcard !== undefined) return { error: `${wildcard} is not supported as a segment; use jqPathExpressions` }
  if (parts.some((part) => /~(?![01])/.test(part))) return { error: '~ must be written ~0, and / inside a name ~1' }
  return { segments: parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')) }
}

/** The pointer as it is written. */
export function formatPointerText(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function pointerPath(object: unknown, segments: readonly string[]): JsonPath | undefined {
  const path: (string | number)[] = []
  let current = object
  for (const segment of segments) {
    if (Array.isArray(current)) {
      if (!/^(0|[1-9]\d{0,9})$/.test(segment) || Number(segment) >= current.length) return undefined
      path.push(Number(segment))
      current = current[Number(segment)]
    } else if (isMap(current) && Object.hasOwn(current, segment)) {
      path.push(segment)
      current = current[segment]
    } else return undefined
  }
  return path
}

/** Every place in `object` that one of the parsed pointers names and that exists. */
export function matchPointers(object: unknown, pointers: readonly (readonly string[])[]): readonly JsonPath[] {
  return pointers.flatMap((segments) => {
    const path = pointerPath(object, segments)
    return path === undefined ? [] : [path]
  })
}
