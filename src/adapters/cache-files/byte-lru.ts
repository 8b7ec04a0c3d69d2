/** Least recently used entries go first once the sum of sizes passes the bound. */
export interface ByteLru<T> {
  get(key: string): T | undefined
  set(key: string, value: T, size: number): void
  delete(key: string): void
  readonly bytes: number
}

export function byteLru<T>(bound: number): ByteLru<T> {
  const entries = new Map<string, { readonly value: T; readonly size: number }>()
  let bytes = 0
  const remove = (key: string): void => {
    const entry = entries.get(key)
    if (!entry) return
    bytes -= entry.size
    entries.delete(key)
  }
  return {
    get bytes() {
      return bytes
    },
    delete: remove,
    get: (key) => {
      const entry = entries.get(key)
      if (!entry) return undefined
      // A Map keeps insertion order: entering it again makes it the youngest.
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set: (key, value, size) => {
      remove(key)
      if (size > bound) return
      entries.set(key, { value, size })
      bytes += size
      for (const oldest of entries.keys()) {
        if (bytes <= bound) break
        remove(oldest)
      }
    },
  }
}
