// Where in a YAML text its scalars stand, and the smallest change that gives one another text.
import { EVENT_ID, getScalarValue, SCALAR_STYLE, type Event } from 'js-yaml'
import { YAML_LIMITS } from './compose.ts'
import { parseText } from './parse.ts'
import { type Chunk, chunksOf } from './read.ts'
import { resolveScalar } from './scalar.ts'

export interface TextRange {
  readonly start: number
  readonly end: number
}

/** Puts `text` where `start` to `end` was. */
export interface TextEdit extends TextRange {
  readonly text: string
}

export interface ScalarPlace {
  /** The same for all places of one document of a text. */
  readonly document: number
  /** From the top of its document; indexes count a list's items. */
  readonly path: readonly (string | number)[]
  readonly text: string
  /** `absent`: a key without any value. */
  readonly style: 'plain' | 'single' | 'double' | 'block' | 'absent'
  /** The characters of the value, without its quotes. */
  readonly range: TextRange
  /** The characters of the key, without its quotes; null for items of lists. */
  readonly key: TextRange | null
  /** The name other places repeat it by; null = none. */
  readonly anchor: string | null
}

type Scalar = Extract<Event, { valueStart: number }>
type Frame =
  | { readonly kind: 'document' }
  | { readonly kind: 'sequence'; index: number }
  | { readonly kind: 'mapping'; key: { readonly name: string; readonly range: TextRange | null } | null }

const STYLES: Readonly<Record<number, ScalarPlace['style']>> = {
  [SCALAR_STYLE.PLAIN]: 'plain',
  [SCALAR_STYLE.SINGLE_QUOTED]: 'single',
  [SCALAR_STYLE.DOUBLE_QUOTED]: 'double',
  [SCALAR_STYLE.LITERAL_BLOCK]: 'block',
  [SCALAR_STYLE.FOLDED_BLOCK]: 'block',
}

class Finder {
  readonly places: ScalarPlace[] = []
  readonly #text: string
  readonly #offset: number
  readonly #frames: Frame[] = []
  #documents = 0

  constructor({ text, start }: Chunk) {
    this.#text = text
    this.#offset = start
  }

  take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.#documents += 1
        this.#frames.push({ kind: 'document' })
        return
      case EVENT_ID.SEQUENCE:
        this.#frames.push({ kind: 'sequence', index: 0 })
        return
      case EVENT_ID.MAPPING:
        this.#frames.push({ kind: 'mapping', key: null })
        return
      case EVENT_ID.SCALAR:
        return this.#scalar(event)
      case EVENT_ID.ALIAS:
        return this.#pass('', null)
      case EVENT_ID.POP:
        this.#frames.pop()
        return this.#pass('', null)
      default:
        event satisfies never
    }
  }

  #scalar(event: Scalar): void {
    const frame = this.#frames.at(-1)
    const text = getScalarValue(this.#text, event)
    const range = { start: event.valueStart, end: event.valueEnd }
    const isKey = frame?.kind === 'mapping' && frame.key === null
    if (!isKey) this.#add(event, text)
    this.#pass(text, range)
  }

  #add(event: Scalar, text: string): void {
    const frame = this.#frames.at(-1)
    const key = frame?.kind === 'mapping' ? (frame.key?.range ?? null) : null
    const range = event.valueStart < 0 ? this.#afterColon(event, key) : { start: event.valueStart, end: event.valueEnd }
    if (range === null) return
    this.places.push({
      document: this.#offset + this.#documents,
      path: this.#path(),
      text,
      style: event.valueStart < 0 ? 'absent' : (STYLES[event.style] ?? 'block'),
      range: this.#moved(range),
      key: key === null ? null : this.#moved(key),
      anchor: event.anchorStart < 0 ? null : this.#text.slice(event.anchorStart, event.anchorEnd),
    })
  }

  /** Where the value of a key would stand that has none. */
  #afterColon(event: Scalar, key: TextRange | null): TextRange | null {
    if (key === null || event.anchorStart >= 0 || event.tagStart >= 0) return null
    const colon = /^["']?[ \t]*:/.exec(this.#text.slice(key.end, key.end + 100))
    return colon === null ? null : { start: key.end + colon[0].length, end: key.end + colon[0].length }
  }

  #moved({ start, end }: TextRange): TextRange {
    return { start: start + this.#offset, end: end + this.#offset }
  }

  #path(): (string | number)[] {
    return this.#frames.flatMap((frame) => {
      if (frame.kind === 'document') return []
      return [frame.kind === 'sequence' ? frame.index : (frame.key?.name ?? '')]
    })
  }

  /** One node has ended. */
  #pass(name: string, range: TextRange | null): void {
    const frame = this.#frames.at(-1)
    if (frame?.kind === 'sequence') frame.index += 1
    else if (frame?.kind === 'mapping') frame.key = frame.key === null ? { name, range } : null
  }
}

function placesOf(chunk: Chunk): readonly ScalarPlace[] {
  try {
    const { events, text } = parseText(chunk.text, YAML_LIMITS.depth)
    if (text !== chunk.text) return []
    const finder = new Finder(chunk)
    for (const event of events) finder.take(event)
    return finder.places
  } catch {
    return []
  }
}

/** The values of all documents that can be read and whose text stands as it is read; what they alias is there once. */
export function scalarPlaces(text: string): readonly ScalarPlace[] {
  return [...chunksOf(text)].flatMap((chunk) => placesOf(chunk))
}

const PLAIN = /^[A-Za-z0-9](?:[A-Za-z0-9._/@+=-]|:(?=[^\s]))*$/
/** Dates and numbers to the base of 60 are text to Kubernetes' reader, but not to every tool's. */
const READ_OTHERWISE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|^[0-9:]+$/

/** `text` as one word that reads as text everywhere, in YAML 1.1 and 1.2. */
function written(text: string): string {
  const isText = PLAIN.test(text) && !READ_OTHERWISE.test(text) && resolveScalar(text, 'plain')?.tag === 'str'
  return isText ? text : JSON.stringify(text)
}

/** Gives the place another text in its own quotes; null for block scalars, which hold texts of their own. */
export function scalarEdit({ style, range }: ScalarPlace, text: string): TextEdit | null {
  switch (style) {
    case 'plain':
      return { ...range, text: written(text) }
    case 'single':
      return { ...range, text: text.replaceAll("'", "''") }
    case 'double':
      return { ...range, text: JSON.stringify(text).slice(1, -1) }
    case 'absent':
      return { ...range, text: ` ${written(text)}` }
    case 'block':
      return null
    default:
      return style satisfies never
  }
}

/** All edits at once; they must not overlap. */
export function editText(text: string, edits: readonly TextEdit[]): string {
  let result = text
  for (const { start, end, text: put } of [...edits].sort((a, b) => b.start - a.start))
    result = result.slice(0, start) + put + result.slice(end)
  return result
}
