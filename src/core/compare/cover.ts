// How much of a value that only live has can be explained, and which highest nodes of it cannot.
import { deepEqual, type FieldPath, isMap, type Json, type PathElement } from '../kube/index.ts'
import { atomicType, elementOf, memberType, typeAt, UNTYPED } from './element.ts'
import type { Suspect } from './delegate.ts'
import { isBuiltinGroup, sameAsAbsent } from './empty.ts'
import { type Addition, type ExplainContext, ruleFor } from './explain.ts'
import { indexItems } from './keyed-items.ts'
import type { Explanation } from './types.ts'
import { type ObjectSchema, type TypeNode, typeFor } from '../merge/index.ts'

export interface CoverContext extends ExplainContext {
  readonly group: string
  readonly schema: ObjectSchema
  /** What the user's rules say of the owners of this path. */
  readonly managed: (path: FieldPath) => Explanation | undefined
  /** Whether it is somebody else's, as other objects prove. */
  readonly delegate: (suspect: Suspect) => Explanation | undefined
}

export interface Found extends Explanation {
  readonly path: FieldPath
  readonly value: Json
}

interface Node extends Addition {
  readonly type: TypeNode
}

export interface Coverage {
  readonly found: readonly Found[]
  /** When it is only the node itself, nothing below was worth splitting off. */
  readonly left: readonly { readonly path: FieldPath; readonly value: Json }[]
}

const NOTHING: Coverage = { found: [], left: [] }

function children(node: Node): Node[] {
  const { path, value } = node
  const type = typeFor(node.type, value)
  if (Array.isArray(value)) {
    const list = type.kind === 'list' ? type : null
    return (value as readonly Json[]).map((item, index) => {
      const element: PathElement = list === null ? { kind: 'index', index } : elementOf(list, item, index)
      return { path: [...path, element], value: item, type: list?.item ?? UNTYPED, parent: null }
    })
  }
  if (!isMap(value)) return []
  return Object.keys(value).map((name) => ({
    path: [...path, { kind: 'field', name }],
    value: value[name] ?? null,
    type: memberType(type, name),
    parent: value,
  }))
}

/** May a partly explained container be reported child by child? Free-form maps and lists whose items have keys may. */
function splits({ type, value }: Node): boolean {
  if (type.kind === 'list')
    return type.listType !== 'atomic' && Array.isArray(value) && indexItems(value as readonly Json[], type).unique
  return type.kind === 'untyped' || (type.kind === 'map' && !type.atomic && type.names.length === 0)
}

/** Custom resources get the defaults of their own schema. */
function schemaDefault({ path, value }: Node, context: CoverContext): Explanation | undefined {
  const last = path.at(-1)
  if (context.hasForm || last?.kind !== 'field' || context.off.has('builtin/schema-default')) return undefined
  const parent = typeAt(context.schema, path.slice(0, -1))
  if (parent.kind !== 'map' || !deepEqual(parent.defaultOf(last.name), value)) return undefined
  return { rule: 'builtin/schema-default', owner: 'kube-apiserver', carry: false }
}

function shipped(node: Node, context: CoverContext): Explanation | undefined {
  const rule = ruleFor(node, context)
  return rule === undefined ? schemaDefault(node, context) : { rule: rule.id, owner: rule.owner, carry: false }
}

const DEFAULTS: ReadonlySet<string> = new Set(['builtin/default', 'builtin/schema-default'])

/** The server fills defaults into a struct that somebody declared; it does not put the struct there for their sake. */
function isUnfounded({ path, type }: Node, found: readonly Found[], context: CoverContext): boolean {
  const last = path.at(-1)
  if (type.kind !== 'map' || type.names.length === 0 || last?.kind !== 'field' || path.length === 1) return false
  if (!found.every(({ rule }) => DEFAULTS.has(rule))) return false
  const parent = typeAt(context.schema, path.slice(0, -1))
  return parent.kind !== 'map' || isBuiltinGroup(context.group) || parent.defaultOf(last.name) === undefined
}

function coverBelow(node: Node, below: readonly Node[], context: CoverContext): Coverage {
  const whole: Coverage = { found: [], left: [{ path: node.path, value: node.value }] }
  const parts = below.map((child) => cover(child, context))
  const found = parts.flatMap((part) => part.found)
  const left = parts.flatMap((part) => part.left)
  if (found.length === 0 || (left.length === 0 && isUnfounded(node, found, context))) return whole
  return left.length === 0 || splits(node) ? { found, left } : whole
}

function isLeaf({ type, value }: Node): boolean {
  const holds = Array.isArray(value) ? value.length > 0 : isMap(value) && Object.keys(value).length > 0
  return !holds || atomicType(type, value)
}

export function cover(node: Node, context: CoverContext): Coverage {
  const { path, value } = node
  const explanation =
    shipped(node, context) ??
    (isLeaf(node) ? context.managed(path) : undefined) ??
    context.delegate({ path, change: 'added', desired: undefined, live: value })
  if (explanation !== undefined) return { found: [{ path, value, ...explanation }], left: [] }
  if (!context.hasForm && sameAsAbsent(node, context.group)) return NOTHING
  const below = children(node)
  return below.length === 0 ? { found: [], left: [{ path, value }] } : coverBelow(node, below, context)
}
