import { createHash } from 'node:crypto'
import { canonicalJson, gvkKey, isMap, type Json, type JsonMap } from '../kube/index.ts'
import { componentOf, definitionsFrom, type OpenApiDocument } from './openapi.ts'
import { omittedZeros } from './omitted-zeros.ts'
import { getOwn, setOwn } from './own.ts'
import {
  type ListData,
  type MapData,
  type RefData,
  referencesIn,
  type SchemaData,
  type TypeData,
} from './schema-data.ts'
import type { ListType, MapType, ObjectSchema, ScalarFormat, ScalarType, TypeNode, UntypedType } from './types.ts'

type Definitions = Readonly<Record<string, TypeData>>

export const UNTYPED: UntypedType = { kind: 'untyped' }

const scalar = (format: ScalarFormat): ScalarType => ({ kind: 'scalar', format })

const SCALARS: Readonly<Record<string, TypeNode>> = {
  untyped: UNTYPED,
  string: scalar('string'),
  integer: scalar('integer'),
  number: scalar('number'),
  boolean: scalar('boolean'),
  quantity: scalar('quantity'),
  'int-or-string': scalar('int-or-string'),
  bytes: scalar('bytes'),
  time: scalar('time'),
  duration: scalar('duration'),
  any: scalar('any'),
}

const NO_DEFAULTS: Readonly<Record<string, Json>> = {}
/** A chain of definitions that only refer to each other ends here. */
const MAX_REFERENCES = 50

/** What a reference says of the map that it leads to, over what the map says of itself. */
type MapOverride = 'atomic' | 'granular' | 'none'

function overrideOf(type: RefData): MapOverride | undefined {
  if (type.atomic === undefined) return undefined
  return type.atomic ? 'atomic' : 'granular'
}

/** Nodes of one kind's schema, made when first asked for; each definition has one node per map type, so circles close. */
class Nodes {
  private readonly byReference = new Map<string, TypeNode>()
  private readonly definitions: Definitions

  constructor(definitions: Definitions) {
    this.definitions = definitions
  }

  /** `component`: which one the type is the definition of. */
  of(type: TypeData, override: MapOverride = 'none', component = ''): TypeNode {
    if (typeof type === 'string') return getOwn(SCALARS, type) ?? UNTYPED
    if ('ref' in type) return this.reference(type.ref, overrideOf(type) ?? override)
    if ('items' in type) return new ListNode(type, this)
    if ('any' in type)
      return {
        kind: 'untyped',
        map: new MapNode(type.any.map, this, override),
        list: new ListNode(type.any.list, this),
      }
    return new MapNode(type, this, override, component)
  }

  /** What a reference chain ends in; undefined for a broken one. */
  resolve(type: TypeData): TypeData | undefined {
    let current: TypeData | undefined = type
    for (let hops = 0; hops < MAX_REFERENCES; hops++) {
      if (current === undefined || typeof current === 'string' || !('ref' in current)) return current
      current = getOwn(this.definitions, current.ref)
    }
    return undefined
  }

  private reference(name: string, override: MapOverride): TypeNode {
    const key = `${override} ${name}`
    const known = this.byReference.get(key)
    if (known !== undefined) return known
    const target = this.resolve({ ref: name })
    const node = target === undefined ? UNTYPED : this.of(target, override, name)
    this.byReference.set(key, node)
    return node
  }
}

class MapNode implements MapType {
  readonly kind = 'map'
  readonly atomic: boolean
  private readonly data: MapData
  private readonly nodes: Nodes
  private readonly known = new Map<string, TypeNode>()
  private members: TypeNode | null = null
  private readonly omitted: ReadonlySet<string>

  constructor(data: MapData, nodes: Nodes, override: MapOverride, component = '') {
    this.omitted = omittedZeros(component)
    this.data = data
    this.nodes = nodes
    this.atomic = override === 'none' ? data.atomic === true : override === 'atomic'
  }

  get names(): readonly string[] {
    return Object.keys(this.data.fields)
  }

  get preserveUnknown(): boolean {
    return this.data.values === 'untyped'
  }

  field(name: string): TypeNode | undefined {
    const known = this.known.get(name)
    if (known !== undefined) return known
    const data = getOwn(this.data.fields, name)
    if (data === undefined) return this.member()
    const node = this.nodes.of(data)
    this.known.set(name, node)
    return node
  }

  declares(name: string): boolean {
    return Object.hasOwn(this.data.fields, name)
  }

  defaultOf(name: string): Json | undefined {
    return this.data.defaults === undefined ? undefined : getOwn(this.data.defaults, name)
  }

  omitsZero(name: string): boolean {
    return this.omitted.has(name)
  }

  /** What the server's decoder writes into a map that nobody filled in. */
  empty(): JsonMap {
    const zero = this.data.zero ?? {}
    const out: Record<string, Json> = {}
    for (const name of Object.keys(zero)) {
      const node = this.field(name)
      setOwn(out, name, isMap(zero[name]) && node instanceof MapNode ? node.empty() : (zero[name] as Json))
    }
    return out
  }

  private member(): TypeNode | undefined {
    if (this.data.values === undefined) return undefined
    this.members ??= this.nodes.of(this.data.values)
    return this.members
  }
}

class ListNode implements ListType {
  readonly kind = 'list'
  readonly listType: 'map' | 'set' | 'atomic'
  readonly keys: readonly string[]
  private readonly data: ListData
  private readonly nodes: Nodes
  private itemNode: TypeNode | null = null
  private defaults: Readonly<Record<string, Json>> | null = null

  constructor(data: ListData, nodes: Nodes) {
    this.data = data
    this.nodes = nodes
    this.listType = data.list ?? 'atomic'
    this.keys = data.keys ?? []
  }

  get item(): TypeNode {
    this.itemNode ??= this.nodes.of(this.data.items)
    return this.itemNode
  }

  get keyDefaults(): Readonly<Record<string, Json>> {
    this.defaults ??= this.readDefaults()
    return this.defaults
  }

  private readDefaults(): Readonly<Record<string, Json>> {
    const resolved = this.nodes.resolve(this.data.items)
    if (resolved === undefined || typeof resolved === 'string') return NO_DEFAULTS
    const item = 'any' in resolved ? resolved.any.map : resolved
    if (!('fields' in item) || item.defaults === undefined) return NO_DEFAULTS
    const found: Record<string, Json> = {}
    for (const key of this.keys) {
      const value = getOwn(item.defaults, key)
      if (value !== undefined && value !== null) setOwn(found, key, value)
    }
    return found
  }
}

class CompiledSchema implements ObjectSchema {
  readonly root: TypeNode
  private readonly name: string
  private readonly definitions: Definitions
  private hash: string | null = null

  constructor(name: string, definitions: Definitions) {
    this.name = name
    this.definitions = definitions
    this.root = new Nodes(definitions).of({ ref: name })
  }

  get digest(): string {
    this.hash ??= createHash('sha256')
      .update(canonicalJson([this.name, this.definitions as unknown as Json]))
      .digest('hex')
      .slice(0, 32)
    return this.hash
  }
}

/**
 * What the server's decoder makes of an empty object of a built-in kind (`spec: {}`, `status: {}`, `rules: null`, …): a
 * create adds only what is not in it. `{}` for custom resources and kinds without schema.
 */
export function emptyObject(schema: ObjectSchema): JsonMap {
  return schema.root instanceof MapNode ? schema.root.empty() : {}
}

/** Kinds without a schema: maps granular, lists atomic. */
export const DEDUCED: ObjectSchema = { root: UNTYPED, digest: 'deduced' }

interface Gvk {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/**
 * The schema of one kind of an OpenAPI v3 document, with all that it refers to; null when the document does not have
 * the kind. Keeps nothing of the document.
 */
export function compileSchema(document: OpenApiDocument, gvk: Gvk): ObjectSchema | null {
  const name = componentOf(document, gvk)
  return name === null ? null : new CompiledSchema(name, definitionsFrom(document, name))
}

/** A definition among others. */
export interface ObjectSchemaSource {
  readonly name: string
  readonly definitions: Definitions
}

/** The schema of one definition, with only what it reaches of the others. */
export function schemaOf({ name, definitions }: ObjectSchemaSource): ObjectSchema {
  return new CompiledSchema(name, reachable(definitions, name))
}

/** The schema of one kind of a data file; null when the file does not have the kind. Equal to the compiled one. */
export function schemaFromData(data: SchemaData, gvk: Gvk): ObjectSchema | null {
  const name = getOwn(data.kinds, gvkKey(gvk))
  return name === undefined ? null : schemaOf({ name, definitions: data.definitions })
}

function reachable(definitions: Definitions, root: string): Definitions {
  const found: Record<string, TypeData> = {}
  const waiting: string[] = [root]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (Object.hasOwn(found, name)) continue
    const definition = getOwn(definitions, name) ?? 'untyped'
    setOwn(found, name, definition)
    referencesIn(definition, (reference) => waiting.push(reference))
  }
  return found
}
