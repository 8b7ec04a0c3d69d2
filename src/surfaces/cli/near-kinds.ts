// What somebody may have meant who wrote a kind that there is none of.
import { BUILT_IN_KINDS, matchesKind } from './short-names.ts'

/** How many letters are wrong: one left out, put in, another one, or two in the wrong order. */
function distance(a: string, b: string): number {
  const known = new Map<number, number>()
  const off = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j
    const key = i * (b.length + 1) + j
    const found = known.get(key) ?? least(i, j)
    known.set(key, found)
    return found
  }
  const least = (i: number, j: number): number => {
    const plain = Math.min(off(i - 1, j) + 1, off(i, j - 1) + 1, off(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1]))
    const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
    return swapped ? Math.min(plain, off(i - 2, j - 2) + 1) : plain
  }
  return off(a.length, b.length)
}

const MOST = 3
const LONGEST = 63

interface Kind {
  readonly group: string
  readonly kind: string
}

/**
 * `deploy (Deployment)`: the nearest of the built-in kinds and of those given; none where something is called so.
 * Short words leave room for one mistake, longer ones for two.
 */
export function nearKinds(written: string, given: readonly Kind[]): readonly string[] {
  if (given.some((one) => matchesKind(written, one))) return []
  const name = (written.split('.')[0] ?? '').toLowerCase()
  if (name.length > LONGEST) return []
  const most = name.length < 4 ? 1 : 2
  const words = new Map(BUILT_IN_KINDS.map(({ short, kind }) => [short, kind]))
  if (words.has(name) || [...words.values()].some((kind) => matchesKind(name, { kind, group: '' }))) return []
  for (const { kind } of given) words.set(kind.toLowerCase(), kind)
  for (const kind of [...words.values()]) words.set(kind.toLowerCase(), kind)
  const near = [...words].map(([word, kind]) => ({ word, kind, off: distance(name, word) }))
  const least = Math.min(most, ...near.map(({ off }) => off))
  const found = near.filter(({ off }) => off === least).sort((a, b) => (a.word < b.word ? -1 : 1))
  const kinds = new Map(found.map(({ word, kind }) => [kind, word]))
  return [...kinds].slice(0, MOST).map(([kind, word]) => (word === kind.toLowerCase() ? kind : `${word} (${kind})`))
}
