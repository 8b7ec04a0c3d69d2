// JSON as text, walked without being parsed: what stands where, and where it ends.
import { BACKSLASH, CLOSE_LIST, CLOSE_MAP, COLON, COMMA, OPEN_LIST, OPEN_MAP, QUOTE, SPACE } from './characters.ts'

/** It is no JSON, or not all of it. */
export class Malformed extends Error {}

/** The next place that is no white space. */
export function pastSpace(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) <= SPACE) at += 1
  return at
}

/** `from`: behind the opening quote; the answer is behind the closing one. */
export function pastText(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code === BACKSLASH) at += 1
  }
  throw new Malformed()
}

function pastNested(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = pastText(text, at + 1) - 1
    else if (code === OPEN_MAP || code === OPEN_LIST) depth += 1
    else if (code === CLOSE_MAP || code === CLOSE_LIST) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  throw new Malformed()
}

const endsWord = (code: number): boolean =>
  code === COMMA || code === CLOSE_MAP || code === CLOSE_LIST || code <= SPACE || Number.isNaN(code)

/** A number, true, false or null. */
export function pastWord(text: string, from: number): number {
  let at = from
  while (!endsWord(text.charCodeAt(at))) at += 1
  if (at === from) throw new Malformed()
  return at
}

/** Brackets and quotes are counted; what stands between them is not looked at. */
export function pastValue(text: string, from: number): number {
  const code = text.charCodeAt(from)
  if (code === QUOTE) return pastText(text, from + 1)
  return code === OPEN_MAP || code === OPEN_LIST ? pastNested(text, from) : pastWord(text, from)
}

/** The text that begins at this quote. */
export function textAt(text: string, from: number): string {
  if (text.charCodeAt(from) !== QUOTE) return ''
  const raw = text.slice(from, pastText(text, from + 1))
  return raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1)
}

export const isMapAt = (text: string, at: number): boolean => text.charCodeAt(at) === OPEN_MAP
export const isListAt = (text: string, at: number): boolean => text.charCodeAt(at) === OPEN_LIST

/** Calls `onMember` with each name and the place of its value; it answers where the value ends. Answers where the map does. */
export function pastMembers(text: string, from: number, onMember: (name: string, at: number) => number): number {
  if (text.charCodeAt(from) !== OPEN_MAP) throw new Malformed()
  let at = pastSpace(text, from + 1)
  if (text.charCodeAt(at) === CLOSE_MAP) return at + 1
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) throw new Malformed()
    const name = textAt(text, at)
    at = pastSpace(text, pastText(text, at + 1))
    if (text.charCodeAt(at) !== COLON) throw new Malformed()
    at = pastSpace(text, onMember(name, pastSpace(text, at + 1)))
    const code = text.charCodeAt(at)
    if (code === CLOSE_MAP) return at + 1
    if (code !== COMMA) throw new Malformed()
    at = pastSpace(text, at + 1)
  }
}
