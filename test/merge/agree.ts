import type { Answer } from './oracle.ts'

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  // The blank keeps `__proto__` and integer-like names in line.
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [` ${key}`, sorted((value as Record<string, unknown>)[key])]),
  )
}

/** Field sets byte for byte; values without the order of their members; refusals whatever their words. */
export function comparable(answer: Answer): string {
  if (answer.error !== undefined) return 'refused'
  const { set, added, removed, modified, text, order, value } = answer
  return JSON.stringify({ set, added, removed, modified, text, order, value: sorted(value ?? null) })
}
