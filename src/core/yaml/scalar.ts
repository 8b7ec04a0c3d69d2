import type { Json } from '../kube/index.ts'

/** What a scalar is, in the short tag names of YAML. `float` is apart from `int` because keys print differently. */
export interface Scalar {
  readonly tag: 'str' | 'bool' | 'int' | 'float' | 'null'
  readonly value: Json
}

const CORE_TAG = 'tag:yaml.org,2002:'
const WORDS = new Map<string, Scalar>()

function define(scalar: Scalar, words: string): void {
  for (const word of words.split(' ')) WORDS.set(word, scalar)
}
define({ tag: 'bool', value: true }, 'y Y yes Yes YES true True TRUE on On ON')
define({ tag: 'bool', value: false }, 'n N no No NO false False FALSE off Off OFF')
define({ tag: 'null', value: null }, '~ null Null NULL')
define({ tag: 'float', value: Number.NaN }, '.nan .NaN .NAN')
define({ tag: 'float', value: Number.POSITIVE_INFINITY }, '.inf .Inf .INF +.inf +.Inf +.INF')
define({ tag: 'float', value: Number.NEGATIVE_INFINITY }, '-.inf -.Inf -.INF')
WORDS.set('', { tag: 'null', value: null })

const DECIMAL = /^[-+]?(?:0|[1-9][0-9]*)$/
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+))$/
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
/** After a leading dot Go's reader takes underscores only between digits; elsewhere it takes them anywhere. */
const INNER_UNDERSCORE = /(?<=[0-9])_(?=[0-9])/g
const DATE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}/
const INT64_MIN = -(2n ** 63n)
const UINT64_MAX = 2n ** 64n - 1n

/** A number when it is exact as one, else a bigint; undefined when it does not fit 64 bits. */
function exactInteger(value: bigint): Json | undefined {
  if (value < INT64_MIN || value > UINT64_MAX) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function integerOf(text: string): Json | undefined {
  if (DECIMAL.test(text)) {
    if (text.length < 16) return Number(text) + 0
    return exactInteger(BigInt(text.startsWith('+') ? text.slice(1) : text))
  }
  const match = INTEGER.exec(text)
  if (match === null) return undefined
  const [, sign, hex, octal, binary] = match
  const digits = hex !== undefined ? `0x${hex}` : octal !== undefined ? `0o${octal}` : `0b${binary}`
  return exactInteger(sign === '-' ? -BigInt(digits) : BigInt(digits))
}

function floatOf(text: string): number | undefined {
  if (!FLOAT.test(text)) return undefined
  const value = Number(text)
  // Out of range is text to Go's reader, not infinity.
  return Number.isFinite(value) ? value + 0 : undefined
}

function resolvePlain(text: string): Scalar {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  const first = text.charCodeAt(0)
  const isDot = first === 0x2e
  const isNumeric = isDot || first === 0x2b || first === 0x2d || (first >= 0x30 && first <= 0x39)
  if (!isNumeric) return { tag: 'str', value: text }
  const plain = text.includes('_') ? text.replaceAll(isDot ? INNER_UNDERSCORE : '_', '') : text
  const integer = isDot ? undefined : integerOf(plain)
  if (integer !== undefined) return { tag: 'int', value: integer }
  const float = floatOf(plain)
  return float === undefined ? { tag: 'str', value: text } : { tag: 'float', value: float }
}

function decodeBinary(text: string): Scalar | undefined {
  const packed = text.replace(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(packed)) return undefined
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0))
  return { tag: 'str', value: new TextDecoder().decode(bytes) }
}

function resolveFloat(text: string): Scalar | undefined {
  const scalar = resolvePlain(text)
  if (scalar.tag === 'int') return { tag: 'float', value: Number(scalar.value) }
  return scalar.tag === 'float' ? scalar : undefined
}

/** A scalar under an explicit tag; undefined where the text does not fit it. Tags of applications mean text. */
function resolveTagged(text: string, tag: string): Scalar | undefined {
  switch (tag) {
    case `${CORE_TAG}binary`:
      return decodeBinary(text)
    case `${CORE_TAG}bool`:
    case `${CORE_TAG}int`:
    case `${CORE_TAG}null`: {
      const scalar = resolvePlain(text)
      return CORE_TAG + scalar.tag === tag ? scalar : undefined
    }
    case `${CORE_TAG}float`:
      return resolveFloat(text)
    case `${CORE_TAG}timestamp`:
      return DATE.test(text) ? { tag: 'str', value: text } : undefined
    default:
      return { tag: 'str', value: text }
  }
}

/**
 * Reads a scalar as Kubernetes' YAML reader does: YAML 1.1 words (`yes`, `on`, `y`), Go's integer forms (`0644`, `0o644`,
 * `0x1f`, `0b1`, `1_000`), no base 60, dates as text. `tag` is the resolved long tag, '' when there is none.
 * Undefined when an explicit tag does not fit the text.
 */
export function resolveScalar(text: string, style: 'plain' | 'quoted', tag = ''): Scalar | undefined {
  if (tag !== '') return resolveTagged(text, tag)
  return style === 'plain' ? resolvePlain(text) : { tag: 'str', value: text }
}

/** Go's shortest 32-bit form, which is how float keys become text (`1.5`, `1e+06`). */
function floatKey(value: number): string {
  const single = Math.fround(value)
  let digits = 1
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits += 1
  const [mantissa = '0', exponent = '0'] = Number(single.toPrecision(digits)).toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 6) {
    const sign = power < 0 ? '-' : '+'
    return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return String(Number(single.toPrecision(digits)))
}

/** A scalar as the key of a map; undefined where Kubernetes' reader refuses it (null, beyond int64). */
export function keyText(scalar: Scalar): string | undefined {
  switch (scalar.tag) {
    case 'str':
      return scalar.value as string
    case 'bool':
      return String(scalar.value)
    case 'int':
      return typeof scalar.value === 'bigint' && scalar.value > 2n ** 63n - 1n ? undefined : String(scalar.value)
    case 'float': {
      const value = scalar.value as number
      if (Number.isNaN(value)) return '.nan'
      if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
      return floatKey(value)
    }
    case 'null':
      return undefined
    default:
      return scalar.tag satisfies never
  }
}
