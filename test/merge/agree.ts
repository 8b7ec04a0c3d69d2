import { createHash } from 'node:crypto'
import type { Answer, StepAnswer } from './oracle.ts'

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

function comparableStep({ live, managers, conflicts, error }: StepAnswer): unknown {
  const owned = Object.entries(managers).map(([name, { version, applied, fields }]) => [
    name,
    { version, applied, fields: JSON.stringify(fields) },
  ])
  return { live, owned: Object.fromEntries(owned), conflicts, refused: error !== undefined }
}

/** Field sets byte for byte; values without the order of their members; refusals whatever their words. */
function comparable(answer: Answer): string {
  if (answer.error !== undefined) return 'refused'
  const { set, added, removed, modified, text, order, value, steps } = answer
  return JSON.stringify({
    set,
    added,
    removed,
    modified,
    text,
    order,
    value: sorted(value ?? null),
    steps: sorted(steps?.map(comparableStep)),
  })
}

export function agree(ours: Answer, theirs: Answer): boolean {
  return comparable(ours) === comparable(theirs)
}

/** Equal for answers that agree; short enough to keep thousands of them. */
export function digestOf(answer: Answer): string {
  return createHash('sha256').update(comparable(answer)).digest('hex').slice(0, 12)
}
