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

/**
 * How many steps of a script can be compared. The library refuses an apply when, on the way through another version,
 * pruning has left a null where a keyed item stood whose whole key was made of defaults; here the apply goes through.
 */
function comparableSteps({ steps = [] }: Answer): number {
  const refused = steps.findIndex((step) => step.error?.startsWith('failed to prune') === true)
  return refused < 0 ? steps.length : refused
}

export function agree(ours: Answer, theirs: Answer): boolean {
  if (theirs.steps === undefined) return comparable(ours) === comparable(theirs)
  const count = comparableSteps(theirs)
  const cut = (answer: Answer): string => comparable({ ...answer, steps: (answer.steps ?? []).slice(0, count) })
  return cut(ours) === cut(theirs)
}
