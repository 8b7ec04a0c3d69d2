const CAPACITY = 10_000

/**
 * First-seen times the database was already asked for on this day, so that a difference that stays costs one look-up a
 * day and not one per evaluation. May forget anything.
 */
export interface SeenCache {
  get(fingerprint: string, day: string): string | undefined
  set(fingerprint: string, first: string, day: string): void
  delete(fingerprint: string): void
}

export function seenCache(): SeenCache {
  const known = new Map<string, { readonly first: string; readonly day: string }>()
  return {
    get: (fingerprint, day) => {
      const entry = known.get(fingerprint)
      return entry?.day === day ? entry.first : undefined
    },
    set: (fingerprint, first, day) => {
      if (known.size >= CAPACITY) known.clear()
      known.set(fingerprint, { first, day })
    },
    delete: (fingerprint) => {
      known.delete(fingerprint)
    },
  }
}
