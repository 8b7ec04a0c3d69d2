import { canonicalJson, isMap, type Json } from '../../../core/kube/index.ts'
import { isMasked, type Masked } from '../../../core/record/index.ts'

/**
 * Characters that a terminal obeys or that make text look like other text: controls (C0, DEL, C1), soft hyphen,
 * zero-width and directional ones, line separators, tags, non-characters, lone surrogates.
 */
export const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Cs}/gu

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** UTF-16 escapes, as JSON and JavaScript read them. */
export function escapeUnits(text: string): string {
  return [...Array(text.length).keys()]
    .map((index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')
}

/** One line of text that can be printed anywhere: what is unsafe is shown as an escape. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (found) => NAMED[found] ?? escapeUnits(found))
}

export function count(value: number, one: string, many: string = `${one}s`): string {
  return `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`
}

/** At most `limit` characters, never half of one; says how long the whole is. */
export function cut(text: string, limit: number): { text: string; rest: string } {
  if (text.length <= limit) return { text, rest: '' }
  const last = text.charCodeAt(limit - 1)
  const end = last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit
  return { text: text.slice(0, end), rest: ` (${count(text.length, 'character')})` }
}

/** A value as one line of JSON, cut at `limit` characters with its length said; safe to print. */
export function valueText(value: Json | Masked, limit: number): string {
  if (isMasked(value)) return `(masked ${value.masked})`
  if (typeof value === 'string') {
    const shown = cut(value, limit)
    return `${safeText(JSON.stringify(shown.text)).slice(0, -1)}${shown.rest === '' ? '' : '…'}"${shown.rest}`
  }
  const shown = cut(canonicalJson(value), limit)
  return `${safeText(shown.text)}${shown.rest === '' ? '' : `…${shown.rest}`}`
}

/** Any text of others on one line, cut with its length said; safe to print. */
export function lineText(text: string, limit: number = 500): string {
  const shown = cut(text, limit)
  return `${safeText(shown.text)}${shown.rest === '' ? '' : `…${shown.rest}`}`
}

/** Deeper than this the indent no longer grows: it would outweigh the content. */
const INDENT_LIMIT = 100

function jsonLines(value: unknown, indent: string): string {
  const inner = indent.length < INDENT_LIMIT ? `${indent}  ` : indent
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item) => inner + jsonLines(item, inner)).join(',\n')}\n${indent}]`
  }
  if (isMap(value)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    if (members.length === 0) return '{}'
    return `{\n${members.map(([key, member]) => `${inner}${JSON.stringify(key)}: ${jsonLines(member, inner)}`).join(',\n')}\n${indent}}`
  }
  return typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? 'null')
}

/** Indented JSON; integers of any size as digits, unsafe characters as escapes of the same value. */
export function prettyJson(value: unknown): string {
  return `${jsonLines(value, '').replace(UNSAFE, (found) => (found === '\n' ? found : escapeUnits(found)))}\n`
}
