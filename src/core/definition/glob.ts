/**
 * Globs as Argo CD reads them: `*` any run of characters, `?` one character, `[a-z]` and `[!a-z]` one of a class,
 * `{a,b}` either, `\` takes the next character as it is. `*` and `?` stop at a separator, `**` does not.
 * A pattern is turned into a small automaton, so matching takes pattern × text steps at most: no pattern can be slow.
 */
export interface GlobOptions {
  /** Characters that `*` and `?` do not match; '' (the default) = none. */
  readonly separators?: string
}

type Test = (character: string) => boolean
/** Node n of the automaton: consumes one character that passes `test` (or nothing, when null), then goes on to `next`. */
interface Node {
  test: Test | null
  next: number[]
}

interface Compiler {
  readonly characters: readonly string[]
  readonly separators: string
  readonly nodes: Node[]
  position: number
  readonly open: { readonly entry: number; readonly exits: number[] }[]
}

const MAX_PATTERN = 2048
const SPECIAL = /[*?[\]{}\\]/

function append(compiler: Compiler, from: number, test: Test | null): number {
  const next = compiler.nodes.push({ test, next: [] }) - 1
  compiler.nodes[from]?.next.push(next)
  return next
}

function addStar(compiler: Compiler, from: number): number {
  const double = compiler.characters[compiler.position] === '*'
  while (compiler.characters[compiler.position] === '*') compiler.position++
  const { separators } = compiler
  const loop = append(compiler, from, null)
  const body = append(compiler, loop, double ? () => true : (character) => !separators.includes(character))
  compiler.nodes[body]?.next.push(loop)
  return loop
}

/** Reads the class after `[`; null when it never ends. */
function readClass(compiler: Compiler): Test | null {
  const { characters } = compiler
  const negated = characters[compiler.position] === '!' || characters[compiler.position] === '^'
  if (negated) compiler.position++
  const ranges: (readonly [string, string])[] = []
  for (;;) {
    let low = characters[compiler.position++]
    if (low === undefined) return null
    if (low === ']' && ranges.length > 0) break
    if (low === '\\') low = characters[compiler.position++] ?? low
    let high = low
    if (characters[compiler.position] === '-' && characters[compiler.position + 1] !== ']') {
      high = characters[compiler.position + 1] ?? low
      compiler.position += 2
    }
    ranges.push([low, high])
  }
  return (character) => ranges.some(([low, high]) => character >= low && character <= high) !== negated
}

/** Adds one more step after node `from`; the node it ends at, or null when the pattern is malformed. */
function addStep(compiler: Compiler, from: number, character: string): number | null {
  const group = compiler.open.at(-1)
  switch (character) {
    case '*':
      return addStar(compiler, from)
    case '?':
      return append(compiler, from, (other) => !compiler.separators.includes(other))
    case '[': {
      const test = readClass(compiler)
      return test === null ? null : append(compiler, from, test)
    }
    case '{': {
      const entry = append(compiler, from, null)
      compiler.open.push({ entry, exits: [] })
      return entry
    }
    case ',':
      if (group === undefined) return append(compiler, from, (other) => other === ',')
      group.exits.push(from)
      return append(compiler, group.entry, null)
    case '}':
      if (group === undefined) return null
      return closeGroup(compiler, from)
    default: {
      const literal = character === '\\' ? (compiler.characters[compiler.position++] ?? '\\') : character
      return append(compiler, from, (other) => other === literal)
    }
  }
}

function closeGroup(compiler: Compiler, from: number): number {
  const group = compiler.open.pop()
  const end = append(compiler, from, null)
  for (const exit of group?.exits ?? []) compiler.nodes[exit]?.next.push(end)
  return end
}

function compile(pattern: string, separators: string): { nodes: readonly Node[]; end: number } | null {
  if (pattern.length > MAX_PATTERN) return null
  const compiler: Compiler = {
    characters: [...pattern],
    separators,
    nodes: [{ test: null, next: [] }],
    position: 0,
    open: [],
  }
  let end = 0
  while (compiler.position < compiler.characters.length) {
    const next = addStep(compiler, end, compiler.characters[compiler.position++] ?? '')
    if (next === null) return null
    end = next
  }
  return compiler.open.length > 0 ? null : { nodes: compiler.nodes, end }
}

/** Adds `start` and every node reachable from it without consuming a character. */
function reach(nodes: readonly Node[], start: number, into: Set<number>): void {
  const pending = [start]
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (into.has(index)) continue
    into.add(index)
    for (const next of nodes[index]?.next ?? []) if (nodes[next]?.test === null) pending.push(next)
  }
}

function step(nodes: readonly Node[], states: ReadonlySet<number>, character: string): Set<number> {
  const after = new Set<number>()
  for (const state of states) {
    for (const next of nodes[state]?.next ?? []) {
      if (nodes[next]?.test?.(character) === true) reach(nodes, next, after)
    }
  }
  return after
}

/** Whether the pattern means more than itself. */
export function isGlob(pattern: string): boolean {
  return SPECIAL.test(pattern)
}

/** What a text has to begin with to match: all of the pattern before its first special character. */
export function globPrefix(pattern: string): string {
  const at = pattern.search(SPECIAL)
  return at < 0 ? pattern : pattern.slice(0, at)
}

function accepts({ nodes, end }: { nodes: readonly Node[]; end: number }, text: string): boolean {
  let states = new Set<number>()
  reach(nodes, 0, states)
  for (const character of text) {
    states = step(nodes, states, character)
    if (states.size === 0) return false
  }
  return states.has(end)
}

/** `globMatches` for many texts: the pattern is read once. */
export function globMatcher(pattern: string, options: GlobOptions = {}): (text: string) => boolean {
  if (!SPECIAL.test(pattern)) return (text) => text === pattern
  if (pattern === '*' && options.separators === undefined) return () => true
  const compiled = compile(pattern, options.separators ?? '')
  if (compiled === null) return () => false
  const prefix = globPrefix(pattern)
  return (text) => text.startsWith(prefix) && accepts(compiled, text)
}

/** Whether the whole of `text` matches. A malformed pattern matches nothing, as in Argo CD. */
export function globMatches(pattern: string, text: string, options: GlobOptions = {}): boolean {
  return globMatcher(pattern, options)(text)
}

/** A glob whose leading `!` turns it round. */
export function isDenyPattern(pattern: string): boolean {
  return pattern.startsWith('!')
}

/** `globMatches`, where a leading `!` means "anything but". */
export function globAllows(pattern: string, text: string, options: GlobOptions = {}): boolean {
  if (isDenyPattern(pattern)) return !globMatches(pattern.slice(1), text, options)
  return pattern === '*' || globMatches(pattern, text, options)
}
