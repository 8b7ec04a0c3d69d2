import { EVENT_ID, getScalarValue, SCALAR_STYLE, type Event } from 'js-yaml'
import { isMap, type Json } from '../kube/index.ts'
import type { ProblemCode } from '../problem/index.ts'
import { keyText, resolveScalar, type Scalar } from './scalar.ts'

export interface YamlLimits {
  /** How much all aliases of one file may add: 8 per node plus the characters of its text. */
  readonly aliasWeight: number
  /** Nesting of collections. */
  readonly depth: number
  /** `last`: of two values under one key the last counts, as for Kubernetes' own reader; default: they are refused. */
  readonly repeatedKeys?: 'last'
}

/** The alias limit lets about what Go's reader lets through for small documents, and far less than a bomb needs. */
export const YAML_LIMITS: YamlLimits = { aliasWeight: 8_000_000, depth: 400 }

/** Refusal of a document at a 1-based line of its text. */
export class YamlError extends Error {
  readonly code: ProblemCode
  readonly line: number
  constructor(code: ProblemCode, reason: string, line: number) {
    super(reason)
    this.code = code
    this.line = line
  }
}

export interface Composed {
  readonly value: Json
  /** Offset of the document's content. */
  readonly position: number
  /** Offsets of the items of a list named `items` at the top of the document. */
  readonly items: readonly number[]
}

interface Node {
  readonly value: Json
  /** Set for scalars; decides how the node reads as a key. */
  readonly scalar?: Scalar
  readonly merge?: boolean
  readonly position: number
}

type Frame = DocumentFrame | SequenceFrame | MappingFrame
interface Anchor {
  node: Node
  weight: number
  open: boolean
}
interface FrameBase {
  readonly position: number
  readonly weightBefore: number
  readonly anchor: Anchor | null
}
interface DocumentFrame extends FrameBase {
  readonly kind: 'document'
  root: Node | null
}
interface SequenceFrame extends FrameBase {
  readonly kind: 'sequence'
  readonly list: Json[]
}
interface MappingFrame extends FrameBase {
  readonly kind: 'mapping'
  readonly map: Record<string, Json>
  /** Keys written in this mapping itself, as against merged ones. */
  readonly own: Set<string>
  key: Node | null
}

const CORE_PREFIX = 'tag:yaml.org,2002:'

/** `__proto__` becomes a key like any other. */
function setKey(map: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true })
  else map[key] = value
}

/** Builds the values of one parsed text; `spent` carries the alias weight over the texts of one file. */
export class Composer {
  private readonly source: string
  private readonly limits: YamlLimits
  private readonly spent: { aliases: number }
  private readonly frames: Frame[] = []
  private readonly documents: Composed[] = []
  private anchors = new Map<string, Anchor>()
  private handles = new Map<string, string>()
  private weight = 0
  private items: number[] = []

  constructor(source: string, limits: YamlLimits, spent: { aliases: number }) {
    this.source = source
    this.limits = limits
    this.spent = spent
  }

  compose(events: readonly Event[]): readonly Composed[] {
    for (const event of events) this.take(event)
    return this.documents
  }

  private take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.anchors = new Map()
        this.items = []
        this.handles = new Map(
          event.directives.flatMap((one) => (one.kind === 'tag' ? [[one.handle, one.prefix]] : [])),
        )
        this.frames.push({ kind: 'document', position: 0, weightBefore: 0, anchor: null, root: null })
        return
      case EVENT_ID.SCALAR:
        return this.takeScalar(event)
      case EVENT_ID.ALIAS:
        return this.takeAlias(event)
      case EVENT_ID.SEQUENCE:
        this.frames.push({ kind: 'sequence', list: [], ...this.open(event) })
        return
      case EVENT_ID.MAPPING:
        this.frames.push({ kind: 'mapping', map: {}, own: new Set(), key: null, ...this.open(event) })
        return
      case EVENT_ID.POP:
        return this.close()
      default:
        event satisfies never
    }
  }

  private open(event: Extract<Event, { start: number }>): FrameBase {
    const position = event.start
    const frame = { position, weightBefore: this.weight, anchor: null }
    this.weight += 8
    if (event.anchorStart < 0) return frame
    const anchor: Anchor = { node: { value: null, position }, weight: 0, open: true }
    this.anchors.set(this.source.slice(event.anchorStart, event.anchorEnd), anchor)
    return { ...frame, anchor }
  }

  private close(): void {
    const frame = this.frames.pop()
    if (frame === undefined) return
    if (frame.kind === 'document') {
      const { value, position } = frame.root ?? { value: null, position: frame.position }
      this.documents.push({ value, position, items: this.items })
      return
    }
    const node: Node = { value: frame.kind === 'sequence' ? frame.list : frame.map, position: frame.position }
    if (frame.anchor !== null)
      Object.assign(frame.anchor, { node, weight: this.weight - frame.weightBefore, open: false })
    this.add(node)
  }

  private takeScalar(event: Extract<Event, { valueStart: number }>): void {
    const text = getScalarValue(this.source, event)
    const isPlain = event.style === SCALAR_STYLE.PLAIN
    const position = event.valueStart < 0 ? Math.max(event.tagStart, event.anchorStart, 0) : event.valueStart
    const tag = event.tagStart < 0 ? '' : this.longTag(this.source.slice(event.tagStart, event.tagEnd), position)
    const isMerge = text === '<<' && ((isPlain && tag === '') || tag === `${CORE_PREFIX}merge`)
    const scalar = resolveScalar(text, isPlain ? 'plain' : 'quoted', tag)
    if (scalar === undefined) throw this.refusal('HF1003', `the value does not fit its tag ${tag}`, position)
    const node: Node = { value: scalar.value, scalar, merge: isMerge, position }
    this.weight += 8 + text.length
    if (event.anchorStart >= 0) {
      const name = this.source.slice(event.anchorStart, event.anchorEnd)
      this.anchors.set(name, { node, weight: 8 + text.length, open: false })
    }
    this.add(node)
  }

  private refusal(code: ProblemCode, reason: string, position: number): YamlError {
    return new YamlError(code, reason, this.source.slice(0, position).split('\n').length)
  }

  private takeAlias(event: Extract<Event, { anchorStart: number }>): void {
    const name = this.source.slice(event.anchorStart, event.anchorEnd)
    const anchor = this.anchors.get(name)
    if (anchor === undefined)
      throw this.refusal(
        'HF1003',
        `an alias names no anchor; a value that begins with * needs quotes`,
        event.anchorStart,
      )
    if (anchor.open) throw this.refusal('HF1003', `an anchor contains itself`, event.anchorStart)
    this.weight += anchor.weight
    this.spent.aliases += anchor.weight
    if (this.spent.aliases > this.limits.aliasWeight) {
      throw this.refusal('HF1008', 'aliases multiply the document beyond the limit', event.anchorStart)
    }
    this.add({ ...anchor.node, merge: false, position: event.anchorStart })
  }

  private longTag(raw: string, position: number): string {
    if (raw === '!') return '!'
    if (raw.startsWith('!<')) return raw.slice(2, -1)
    const end = raw.indexOf('!', 1)
    const handle = end < 0 ? '!' : raw.slice(0, end + 1)
    const prefix = this.handles.get(handle) ?? (handle === '!!' ? CORE_PREFIX : handle === '!' ? '!' : undefined)
    if (prefix === undefined) throw this.refusal('HF1003', `undefined tag handle ${handle}`, position)
    return prefix + raw.slice(handle.length)
  }

  private add(node: Node): void {
    const frame = this.frames.at(-1)
    if (frame === undefined) return
    if (frame.kind === 'document') frame.root = node
    else if (frame.kind === 'sequence') this.addItem(frame, node)
    else if (frame.key === null) frame.key = node
    else {
      this.addPair(frame, frame.key, node)
      frame.key = null
    }
  }

  private addItem(frame: SequenceFrame, node: Node): void {
    this.refuseNonFinite(node)
    frame.list.push(node.value)
    const [, top] = this.frames
    if (this.frames.length === 3 && top?.kind === 'mapping' && top.key?.value === 'items')
      this.items.push(node.position)
  }

  private addPair(frame: MappingFrame, key: Node, node: Node): void {
    if (key.merge === true) return this.merge(frame, node)
    const name = key.scalar === undefined ? undefined : keyText(key.scalar)
    if (name === undefined) throw this.refusal('HF1003', 'the key must be text, a number or a boolean', key.position)
    this.refuseNonFinite(node)
    if (frame.own.has(name) && this.limits.repeatedKeys !== 'last')
      throw this.refusal('HF1007', `the key ${JSON.stringify(name)} is written twice`, key.position)
    frame.own.add(name)
    setKey(frame.map, name, node.value)
  }

  private refuseNonFinite(node: Node): void {
    if (node.scalar?.tag === 'float' && !Number.isFinite(node.value as number)) {
      throw this.refusal('HF1003', 'the number is not finite: JSON cannot carry it', node.position)
    }
  }

  /** Go's reader merges where `<<` stands: it overrides keys written before it and is overridden by those after. */
  private merge(frame: MappingFrame, node: Node): void {
    const sources = Array.isArray(node.value) ? [...(node.value as readonly Json[])].reverse() : [node.value]
    for (const source of sources) {
      if (!isMap(source)) throw this.refusal('HF1003', '<< takes a mapping or a list of mappings', node.position)
      for (const [key, value] of Object.entries(source)) setKey(frame.map, key, value as Json)
    }
  }
}
