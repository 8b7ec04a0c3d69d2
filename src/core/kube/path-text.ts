// A path as reports write it → the path.
import type { Json } from './object.ts'
import type { FieldPath, PathElement } from './path.ts'

const SCALAR = '"(?:[^"\\\\]|\\\\.)*"|-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|true|false|null'
const KEY = `[^\\[\\]=,"]+=(?:${SCALAR})`
/** One step: `.a`, `["x.y/z"]`, `[0]`, `[="v"]`, `[containerPort=80,protocol="TCP"]`. */
const STEP = new RegExp(
  `\\.(?<plain>[A-Za-z_][A-Za-z0-9_-]*)|\\["(?<named>(?:[^"\\\\]|\\\\.)*)"\\]|\\[(?<index>\\d+)\\]|\\[=(?<value>${SCALAR})\\]|\\[(?<keys>${KEY}(?:,${KEY})*)\\]`,
  'y',
)
const PAIR = new RegExp(`([^\\[\\]=,"]+)=(${SCALAR})`, 'g')

const json = (text: string): Json => JSON.parse(text) as Json

function elementOf({ plain, named, index, value, keys }: Partial<Record<string, string>>): PathElement {
  if (plain !== undefined) return { kind: 'field', name: plain }
  if (named !== undefined) return { kind: 'field', name: String(json(`"${named}"`)) }
  if (index !== undefined) return { kind: 'index', index: Number(index) }
  if (value !== undefined) return { kind: 'value', value: json(value) }
  const pairs = [...(keys ?? '').matchAll(PAIR)].map(([, name = '', text = 'null']) => [name, json(text)] as const)
  return { kind: 'key', fields: Object.fromEntries(pairs) }
}

/** The inverse of `formatPath`; null = it is none. */
export function parsePath(text: string): FieldPath | null {
  const path: PathElement[] = []
  for (let at = 0; at < text.length; ) {
    STEP.lastIndex = at
    const match = STEP.exec(text)
    if (match === null) return null
    path.push(elementOf(match.groups ?? {}))
    at = STEP.lastIndex
  }
  return path
}
