const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const PART = /(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})(ns|us|µs|μs|ms|s|m|h)/y

/** A Go duration (`1h30m`, `1.5s`, `0`) in milliseconds; null when it is none. */
export function parseGoDuration(text: string): number | null {
  const negative = text.startsWith('-')
  const body = negative || text.startsWith('+') ? text.slice(1) : text
  if (body === '0') return 0
  let total = 0
  let position = 0
  while (position < body.length) {
    PART.lastIndex = position
    const match = PART.exec(body)
    if (match === null) return null
    total += Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN)
    position = PART.lastIndex
  }
  if (position === 0) return null
  return negative ? -total : total
}
