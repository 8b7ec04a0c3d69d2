// `@name` before a string, or alone: texts made safe for other languages.
import type { Json } from '../kube/index.ts'
import { describe, isList, JqError, toJson, toText, typeOf, wrong } from './values.ts'

const HTML: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&quot;' }

function row(value: Json, quote: (text: string) => string, separator: string): string {
  if (!isList(value)) throw wrong`cannot be formatted as a row: ${describe(value)}`
  return value
    .map((item) => {
      if (item !== null && typeof item === 'object') throw new JqError(`cannot be formatted as a row: ${typeOf(item)}`)
      return typeof item === 'string' ? quote(item) : item === null ? '' : toJson(item)
    })
    .join(separator)
}

function shell(value: Json): string {
  const word = (one: Json): string => {
    if (one !== null && typeof one === 'object') throw wrong`cannot be escaped for shell: ${describe(one)}`
    return typeof one === 'string' ? `'${one.replaceAll("'", "'\\''")}'` : toJson(one)
  }
  return isList(value) ? value.map(word).join(' ') : word(value)
}

const TSV: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

const FORMATS: ReadonlyMap<string, (value: Json) => string> = new Map([
  ['text', toText],
  ['json', toJson],
  ['html', (value: Json) => toText(value).replace(/[<>&'"]/g, (char) => HTML[char] ?? char)],
  [
    'uri',
    (value: Json) =>
      encodeURIComponent(toText(value)).replace(
        /[!'()*]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
  ],
  ['csv', (value: Json) => row(value, (text) => `"${text.replaceAll('"', '""')}"`, ',')],
  ['tsv', (value: Json) => row(value, (text) => text.replace(/[\\\t\n\r]/g, (char) => TSV[char] ?? char), '\t')],
  ['sh', shell],
  ['base64', (value: Json) => Buffer.from(toText(value), 'utf8').toString('base64')],
  ['base64d', (value: Json) => Buffer.from(toText(value), 'base64').toString('utf8')],
])

/** Throws JqError for a format that jq does not have. */
export function formatText(format: string, value: Json): string {
  const make = FORMATS.get(format)
  if (make === undefined) throw new JqError(`format not defined: @${format}`)
  return make(value)
}
