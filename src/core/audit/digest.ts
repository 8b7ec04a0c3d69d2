// What stands in an imprint in place of a scalar: nine letters that equal values share, under one secret seed.

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CODES = Uint8Array.from(LETTERS, (letter) => letter.charCodeAt(0))
export const DIGEST_LENGTH = 9
const HIGH = 0xdeadbeef
const LOW = 0x41c6ce57
const HIGH_FACTOR = 2_654_435_761
const LOW_FACTOR = 1_597_334_677

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Texts and other scalars that are spelled alike are not equal. */
export const TEXT = 0x73
export const WORD = 0x76

function seedOf(key: string): number {
  let seed = 0
  for (let index = 0; index < key.length; index += 1) {
    seed = Math.imul(seed ^ key.charCodeAt(index), HIGH_FACTOR)
    seed ^= seed >>> 15
  }
  return seed | 0
}

function spell(out: Uint8Array, place: number, high: number, low: number): void {
  const left = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  const right = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(left ^ (left >>> 13), 3_266_489_909)
  out[place] = CODES[left & 63] as number
  out[place + 1] = CODES[(left >>> 6) & 63] as number
  out[place + 2] = CODES[(left >>> 12) & 63] as number
  out[place + 3] = CODES[(left >>> 18) & 63] as number
  out[place + 4] = CODES[(left >>> 24) & 63] as number
  out[place + 5] = CODES[right & 63] as number
  out[place + 6] = CODES[(right >>> 6) & 63] as number
  out[place + 7] = CODES[(right >>> 12) & 63] as number
  out[place + 8] = CODES[(right >>> 18) & 63] as number
}

/** Makes digests where they are to stand: to make a text of each takes longer than the digest itself. */
export class Digester {
  readonly #seed: number

  constructor(key: string) {
    this.#seed = seedOf(key)
  }

  write(out: Uint8Array, place: number, tag: number, text: string): void {
    let high = Math.imul(HIGH ^ this.#seed ^ tag, HIGH_FACTOR)
    let low = Math.imul(LOW ^ this.#seed ^ tag, LOW_FACTOR)
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      high = Math.imul(high ^ code, HIGH_FACTOR)
      low = Math.imul(low ^ code, LOW_FACTOR)
    }
    spell(out, place, high, low)
  }

  /**
   * Of a text up to its closing quote, the place of which is answered; -1 = it holds what has to be unescaped first, or
   * never ends.
   */
  writeQuoted(out: Uint8Array, place: number, text: string, from: number): number {
    let high = Math.imul(HIGH ^ this.#seed ^ TEXT, HIGH_FACTOR)
    let low = Math.imul(LOW ^ this.#seed ^ TEXT, LOW_FACTOR)
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        spell(out, place, high, low)
        return at
      }
      if (code === BACKSLASH) return -1
      high = Math.imul(high ^ code, HIGH_FACTOR)
      low = Math.imul(low ^ code, LOW_FACTOR)
    }
    return -1
  }

  of(tag: number, text: string): string {
    const out = new Uint8Array(DIGEST_LENGTH)
    this.write(out, 0, tag, text)
    return String.fromCharCode(...out)
  }
}
