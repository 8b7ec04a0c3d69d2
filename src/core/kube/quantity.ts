/** How a quantity was written, which decides how it is printed. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** The value is `unscaled` × 10^`scale`, exactly. `text` is how the API server prints it. */
export interface Quantity {
  readonly unscaled: bigint
  readonly scale: number
  readonly format: QuantityFormat
  readonly text: string
}

interface Parts {
  readonly negative: boolean
  readonly integer: string
  readonly fraction: string
  readonly suffix: string
  /** False for `Ki`, `-`, `.`: nothing but sign, point and suffix. */
  readonly digits: boolean
}
interface Suffix {
  readonly format: QuantityFormat
  readonly exponent: number
}

const SHAPE = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)$/
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const NANO = -9
const MAX_INT64 = 2n ** 63n - 1n
/** Beyond this the number would be longer than any machine it could describe; bounds the work on hostile input. */
const MAX_TEXT = 256
const MAX_EXPONENT = 1000

/** Digits that the server handles as an int64; only such values keep their own spelling. */
const FAST_DIGITS = 18

function readSuffix(text: string): Suffix | null {
  const decimal = DECIMAL.indexOf(text)
  if (decimal >= 0) return { format: 'DecimalSI', exponent: decimal * 3 + NANO }
  const binary = BINARY.indexOf(text)
  if (binary > 0) return { format: 'BinarySI', exponent: binary * 10 }
  if (!/^[eE][+-]?[0-9]+$/.test(text)) return null
  const exponent = Number(text.slice(1))
  return Math.abs(exponent) > MAX_EXPONENT ? null : { format: 'DecimalExponent', exponent }
}

function readParts(text: string): Parts | null {
  if (text.length === 0 || text.length > MAX_TEXT) return null
  const match = SHAPE.exec(text)
  if (match === null) return null
  const integer = match[2] ?? ''
  const fraction = match[3] ?? ''
  return {
    negative: match[1] === '-',
    integer: integer.replace(/^0+/, '') || '0',
    fraction,
    suffix: match[4] ?? '',
    digits: integer !== '' || fraction !== '',
  }
}

type Scaled = Pick<Quantity, 'unscaled' | 'scale'>

function whole(unscaled: bigint): Scaled {
  return { unscaled, scale: 0 }
}

/** Away from zero, as the server rounds. */
function roundTo(unscaled: bigint, scale: number, target: number): Scaled {
  if (scale >= target) return { unscaled, scale }
  const divisor = 10n ** BigInt(target - scale)
  const quotient = unscaled / divisor
  const rest = unscaled % divisor
  if (rest === 0n) return { unscaled: quotient, scale: target }
  return { unscaled: unscaled > 0n ? quotient + 1n : quotient - 1n, scale: target }
}

function stripFactors(value: bigint, factor: bigint): { value: bigint; times: number } {
  let rest = value
  let times = 0
  while (rest !== 0n && rest % factor === 0n) {
    rest /= factor
    times++
  }
  return { value: rest, times }
}

function printDecimal(unscaled: bigint, scale: number, format: QuantityFormat): string {
  const stripped = stripFactors(unscaled, 10n)
  let exponent = scale + stripped.times
  let mantissa = stripped.value
  while (exponent % 3 !== 0) {
    mantissa *= 10n
    exponent--
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`
  // The server has no suffix beyond these and prints none.
  return `${mantissa}${DECIMAL[(exponent - NANO) / 3] ?? ''}`
}

function print(unscaled: bigint, scale: number, format: QuantityFormat): string {
  if (unscaled === 0n) return '0'
  if (format !== 'BinarySI') return printDecimal(unscaled, scale, format)
  const rounded = roundTo(unscaled, scale, 0)
  const integer = rounded.unscaled * 10n ** BigInt(rounded.scale)
  const amount = { unscaled, scale }
  const exact = compareScaled(amount, whole(integer)) === 0
  const small = compareScaled(amount, whole(-1024n)) > 0 && compareScaled(amount, whole(1024n)) < 0
  if (small || !exact) return printDecimal(unscaled, scale, 'DecimalSI')
  const stripped = stripFactors(integer, 1024n)
  return `${stripped.value}${BINARY[stripped.times] ?? ''}`
}

function compareScaled(a: Scaled, b: Scaled): number {
  const scale = Math.min(a.scale, b.scale)
  const left = a.unscaled * 10n ** BigInt(a.scale - scale)
  const right = b.unscaled * 10n ** BigInt(b.scale - scale)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Whether the server reads these parts as an int64 rather than digit by digit. */
function readsFast(parts: Parts, suffix: Suffix): boolean {
  const length = parts.integer.length + parts.fraction.length
  if (suffix.format !== 'BinarySI') return length <= FAST_DIGITS && suffix.exponent - parts.fraction.length >= NANO
  return parts.fraction === '' && 15 - length - Math.trunc((suffix.exponent * 3) / 10) - 1 >= 0
}

/** The server keeps the spelling of values that look canonical at a glance (`+5`, `1.500` among them). */
function keepsSpelling(parts: Parts, suffix: Suffix): boolean {
  if (!readsFast(parts, suffix)) return false
  const digits = parts.integer + parts.fraction
  if (suffix.format === 'BinarySI') return (BigInt(digits) & 7n) !== 0n
  return (suffix.exponent - parts.fraction.length) % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0'
}

function binaryQuantity(parts: Parts, suffix: Suffix): Omit<Quantity, 'text'> {
  const sign = parts.negative ? -1n : 1n
  const exact = BigInt(parts.integer + parts.fraction) << BigInt(suffix.exponent)
  const rounded = roundTo(exact, 0 - parts.fraction.length, NANO)
  const over = compareScaled(rounded, whole(MAX_INT64)) > 0
  if (over) return { unscaled: sign * MAX_INT64, scale: 0, format: 'BinarySI' }
  const belowOne = rounded.unscaled > 0n && compareScaled(rounded, whole(1n)) < 0
  return {
    unscaled: sign * rounded.unscaled,
    scale: rounded.scale,
    format: belowOne ? 'DecimalSI' : 'BinarySI',
  }
}

/**
 * Reads a quantity as Kubernetes does: all decimal, binary and exponent suffixes, finer than nano rounded away from
 * zero, binary ones capped at 2^63-1. JSON numbers are read by their digits. null when it is no quantity.
 */
export function parseQuantity(value: string | number | bigint): Quantity | null {
  const written = String(value)
  const parts = readParts(written)
  const suffix = parts === null ? null : readSuffix(parts.suffix)
  if (parts === null || suffix === null) return null
  if (!parts.digits && !readsFast(parts, suffix)) return null
  let amount: Omit<Quantity, 'text'>
  if (suffix.format === 'BinarySI') {
    amount = binaryQuantity(parts, suffix)
  } else {
    const digits = BigInt(parts.integer + parts.fraction)
    const rounded = roundTo(parts.negative ? -digits : digits, suffix.exponent - parts.fraction.length, NANO)
    amount = { ...rounded, format: suffix.format }
  }
  const text = keepsSpelling(parts, suffix) ? written : print(amount.unscaled, amount.scale, amount.format)
  return { ...amount, text }
}

/** By amount, whatever the spelling: negative when a < b, 0 when equal, positive when a > b. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return compareScaled(a, b)
}

/** The shortest spelling in the quantity's own format: `0.5` is `500m`, `1024Mi` is `1Gi`, `1000m` is `1`. */
export function canonicalQuantity(quantity: Quantity): string {
  return print(quantity.unscaled, quantity.scale, quantity.format)
}

/** True when both are quantities of the same amount. Equal text short-cuts, so this is cheap on the common case. */
export function sameQuantity(a: string | number | bigint, b: string | number | bigint): boolean {
  if (a === b) return true
  const left = parseQuantity(a)
  const right = left === null ? null : parseQuantity(b)
  return left !== null && right !== null && compareQuantities(left, right) === 0
}
