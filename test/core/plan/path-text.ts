// `.spec.containers[name="web"].image`, `["x.y/z"]`, `[="v"]`, `[0]` → a path. The reverse of `formatPath`, for cases.
import type { FieldPath, Json, PathElement } from '../../../src/core/kube/index.ts'

const STEP = /\.([A-Za-z_][\w-]*)|\[("(?:[^"\\]|\\.)*")\]|\[=((?:"(?:[^"\\]|\\.)*"|[^\]])*)\]|\[(\d+)\]|\[([^\]]+)\]/gy

function keyOf(text: string): PathElement {
  const fields: Record<string, Json> = {}
  for (const [, name = '', value = ''] of text.matchAll(/([^=,]+)=("(?:[^"\\]|\\.)*"|[^,]+)/g))
    fields[name] = JSON.parse(value) as Json
  return { kind: 'key', fields }
}

export function pathOf(text: string): FieldPath {
  return [...text.matchAll(STEP)].map(([, field, quoted, value, index, key]): PathElement => {
    if (field !== undefined) return { kind: 'field', name: field }
    if (quoted !== undefined) return { kind: 'field', name: JSON.parse(quoted) as string }
    if (value !== undefined) return { kind: 'value', value: JSON.parse(value) as Json }
    if (index !== undefined) return { kind: 'index', index: Number(index) }
    return keyOf(key ?? '')
  })
}
