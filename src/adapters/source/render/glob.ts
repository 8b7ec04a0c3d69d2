/**
 * The globs of `directory.include` and `exclude`, as Argo CD reads them: matched against the whole path below the source
 * directory, `*` and `**` alike crossing `/`, `?` one character, `[a-z]` and `[!a]` classes, `{a,b}` alternatives, `\` escapes.
 * Matching follows all alternatives at once, so that no pattern takes longer than pattern × path.
 */
export type Glob = (path: string) => boolean

type Part =
  | { readonly kind: 'text'; readonly char: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: 'either'; readonly options: readonly (readonly Part[])[] }

const LONGEST = 4096

class Reader {
  private readonly chars: readonly string[]
  private at = 0

  constructor(pattern: string) {
    this.chars = [...pattern]
  }

  /** Parts up to the end, or up to `,` or `}` inside braces; undefined when the pattern is malformed. */
  parts(depth: number): Part[] | undefined {
    const parts: Part[] = []
    for (let char = this.chars[this.at]; char !== undefined; char = this.chars[this.at]) {
      if (depth > 0 && (char === ',' || char === '}')) return parts
      this.at += 1
      const part = this.part(char, depth)
      if (part === undefined) return undefined
      if (part.kind !== 'star' || parts.at(-1)?.kind !== 'star') parts.push(part)
    }
    return depth === 0 ? parts : undefined
  }

  private part(char: string, depth: number): Part | undefined {
    switch (char) {
      case '*':
        return { kind: 'star' }
      case '?':
        return { kind: 'any' }
      case '[':
        return this.characterClass()
      case '{':
        return depth > 20 ? undefined : this.either(depth)
      case '\\': {
        const escaped = this.chars[this.at]
        this.at += 1
        return escaped === undefined ? undefined : { kind: 'text', char: escaped }
      }
      default:
        return { kind: 'text', char }
    }
  }

  private either(depth: number): Part | undefined {
    const options: Part[][] = []
    for (;;) {
      const option = this.parts(depth + 1)
      if (option === undefined) return undefined
      options.push(option)
      const end = this.chars[this.at]
      this.at += 1
      if (end === '}') return { kind: 'either', options }
    }
  }

  private characterClass(): Part | undefined {
    const negated = this.chars[this.at] === '!'
    if (negated) this.at += 1
    const close = this.chars.indexOf(']', this.at + 1)
    if (close < 0) return undefined
    const content = this.chars.slice(this.at, close)
    this.at = close + 1
    const [low, dash, high] = content
    if (content.length === 3 && dash === '-' && low !== undefined && high !== undefined) {
      return { kind: 'class', negated, ranges: [[low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0]] }
    }
    return {
      kind: 'class',
      negated,
      ranges: content.map((char) => [char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0] as const),
    }
  }
}

function takesChar(part: Part, char: string): boolean {
  if (part.kind === 'text') return part.char === char
  if (part.kind === 'any') return true
  if (part.kind !== 'class') return false
  const code = char.codePointAt(0) ?? 0
  return part.ranges.some(([low, high]) => code >= low && code <= high) !== part.negated
}

function step(part: Part, starts: ReadonlySet<number>, path: readonly string[]): Set<number> {
  if (part.kind === 'either') return new Set(part.options.flatMap((option) => [...advance(option, starts, path)]))
  if (part.kind === 'star') {
    const first = Math.min(...starts)
    return new Set(Array.from({ length: path.length - first + 1 }, (_, index) => first + index))
  }
  const ends = new Set<number>()
  for (const start of starts) if (start < path.length && takesChar(part, path[start] ?? '')) ends.add(start + 1)
  return ends
}

function advance(parts: readonly Part[], starts: ReadonlySet<number>, path: readonly string[]): ReadonlySet<number> {
  let positions = starts
  for (const part of parts) {
    if (positions.size === 0) return positions
    positions = step(part, positions, path)
  }
  return positions
}

/** Undefined when the pattern cannot be read. */
export function compileGlob(pattern: string): Glob | undefined {
  if (pattern.length > LONGEST) return undefined
  const parts = new Reader(pattern).parts(0)
  if (parts === undefined) return undefined
  return (path) => {
    const chars = [...path]
    return advance(parts, new Set([0]), chars).has(chars.length)
  }
}
