// JSON in and out without losing integers: those beyond 2^53 are bigint inside the process and digits on the wire.
import { randomUUID } from 'node:crypto'

/** Sixteen digits in a row are the shortest integer that a double may not hold; nearly every body has none. */
const LONG_DIGITS = /\d{16}/
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const INTEGER = /^-?\d{16,}$/
/** Marks a string that stands for an integer; random, so that no body can contain it. */
const MARK = `int:${randomUUID()}:`

function reviveInteger(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value
}

function markInteger(token: string): string {
  return INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token
}

/** As JSON.parse, with integers beyond 2^53 as bigint. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!LONG_DIGITS.test(text)) return JSON.parse(text)
  const marked = text.replace(TOKENS, markInteger)
  return marked.length === text.length ? JSON.parse(text) : JSON.parse(marked, reviveInteger)
}

function digits(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${MARK}${value}` : value
}

/** As JSON.stringify, with bigint written as digits. */
export function writeJson(value: object): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return JSON.stringify(value, digits).replaceAll(new RegExp(`"${MARK}(-?\\d+)"`, 'g'), '$1')
  }
}
