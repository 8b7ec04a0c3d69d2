// An audit event with its bodies left as text: most of its length is theirs, and little of them is asked for.
import { isMap, type Json, type JsonMap } from '../kube/index.ts'
import type { OnMember } from './imprint-text.ts'
import type { Imprinter } from './imprint.ts'
import { isListAt, isMapAt, Malformed, pastMembers, pastSpace, pastValue, textAt } from './scan.ts'

/** What was sent, or what was answered. */
export interface Body {
  /** `none` = nothing that could be one: the log does not have it. */
  readonly shape: 'map' | 'list' | 'none'
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number
  /** Where it stands in the event. */
  readonly from: number
  readonly to: number
  /** null = not made yet. */
  readonly imprint: string | null
}

export interface Outline {
  /** All but the bodies. */
  readonly event: JsonMap
  readonly sent: Body
  readonly answered: Body
}

const NOTHING: Body = {
  shape: 'none',
  apiVersion: '',
  kind: '',
  name: '',
  uid: '',
  resourceVersion: '',
  generation: 0,
  from: 0,
  to: 0,
  imprint: null,
}

type Head = { -readonly [Name in keyof Body]: Body[Name] }

/** Keeps what is asked of a body. */
function noteInto(head: Head, text: string): OnMember {
  return (within, name, at) => {
    if (within === 'object') {
      if (name === 'apiVersion' || name === 'kind') head[name] = textAt(text, at)
    } else if (name === 'name' || name === 'uid' || name === 'resourceVersion') head[name] = textAt(text, at)
    else if (name === 'generation') head.generation = Number(text.slice(at, pastValue(text, at))) || 0
  }
}

function walk(text: string, from: number, note: OnMember): number {
  return pastMembers(text, from, (name, at) => {
    note('object', name, at)
    if (name !== 'metadata' || !isMapAt(text, at)) return pastValue(text, at)
    return pastMembers(text, at, (inner, place) => {
      note('metadata', inner, place)
      return pastValue(text, place)
    })
  })
}

function bodyAt(text: string, from: number, imprinter: Imprinter | null): Body {
  if (!isMapAt(text, from)) {
    const to = pastValue(text, from)
    return isListAt(text, from) ? { ...NOTHING, shape: 'list', from, to } : { ...NOTHING, from, to }
  }
  const head: Head = { ...NOTHING, shape: 'map', from }
  const note = noteInto(head, text)
  if (imprinter === null) head.to = walk(text, from, note)
  else {
    const { imprint, end } = imprinter.ofText(text, from, note)
    head.imprint = imprint
    head.to = end
  }
  return head
}

function withoutBodies(text: string, bodies: readonly Body[]): JsonMap {
  let rest = ''
  let from = 0
  for (const body of [...bodies].sort((a, b) => a.from - b.from)) {
    if (body.to === 0) continue
    rest += `${text.slice(from, body.from)}null`
    from = body.to
  }
  const event = JSON.parse(rest + text.slice(from)) as Json
  if (!isMap(event)) throw new Malformed()
  return event
}

/** `imprinter`: makes the imprints on the way, where they are wanted for certain. Throws where it is no event. */
export function outlineOf(text: string, imprinter: Imprinter | null): Outline {
  let [sent, answered] = [NOTHING, NOTHING]
  pastMembers(text, pastSpace(text, 0), (name, at) => {
    if (name === 'requestObject' && sent === NOTHING) {
      sent = bodyAt(text, at, imprinter)
      return sent.to
    }
    if (name === 'responseObject' && answered === NOTHING) {
      answered = bodyAt(text, at, imprinter)
      return answered.to
    }
    return pastValue(text, at)
  })
  return { event: withoutBodies(text, [sent, answered]), sent, answered }
}
