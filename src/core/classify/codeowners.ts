// A CODEOWNERS file: who owns a path of the repository. GitHub's and GitLab's grammar; the last rule that fits wins.
// https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
// https://docs.gitlab.com/user/project/codeowners/reference/

export interface CodeownersRule {
  readonly pattern: string
  readonly owners: readonly string[]
  /** 1-based. */
  readonly line: number
  /** GitLab's section; '' = none. */
  readonly section: string
  /** GitLab: what fits is nobody's. */
  readonly exclude: boolean
}

export interface CodeownersMatch {
  readonly owners: readonly string[]
  readonly rules: readonly CodeownersRule[]
}

const MAX_RULES = 10_000
const MAX_PATTERN = 1_000

/** `[Section][2] @default`, `^[Optional]`. */
const SECTION = /^\^?\[([^\]]+)\](?:\[\d+\])?\s*(.*)$/

/** Splits at blanks that no backslash guards, and ends at a `#` that stands at the beginning of a word. */
function words(text: string): string[] {
  const found: string[] = []
  for (const match of text.matchAll(/(?:\\.|[^\s\\])+/g)) {
    if (match[0].startsWith('#')) break
    found.push(match[0])
  }
  return found
}

/** As long as an address may be. */
const MAX_OWNER = 320

const isOwner = (word: string): boolean =>
  word.length <= MAX_OWNER && /^@[\w./-]+$|^@@[\w-]+$|^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(word)

export function parseCodeowners(text: string): readonly CodeownersRule[] {
  const rules: CodeownersRule[] = []
  let section = ''
  let defaults: readonly string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const heading = SECTION.exec(trimmed)
    if (heading !== null) {
      section = heading[1] ?? ''
      defaults = words(heading[2] ?? '').filter(isOwner)
      continue
    }
    const [first = '', ...rest] = words(trimmed)
    const exclude = first.startsWith('!')
    const pattern = (exclude ? first.slice(1) : first).replace(/\\([ #])/g, '$1')
    const named = rest.filter(isOwner)
    const owners = rest.length === 0 ? defaults : named
    rules.push({ pattern, owners, line: index + 1, section, exclude })
    if (rules.length >= MAX_RULES) break
  }
  return rules
}

/** Does a pattern without a leading slash fit at every depth? Only where it has no slash inside. */
function anchored(pattern: string): boolean {
  return pattern.slice(0, -1).includes('/')
}

/** One segment against a pattern with `*` and `?`; linear, whatever stands in it. */
function segmentFits(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let mark = 0
  let index = 0
  while (index < text.length) {
    if (pattern[at] === '?' || (pattern[at] === text[index] && pattern[at] !== '*')) {
      at += 1
      index += 1
    } else if (pattern[at] === '*') {
      star = at
      mark = index
      at += 1
    } else if (star >= 0) {
      mark += 1
      at = star + 1
      index = mark
    } else return false
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}

/** How a pattern ends: at this very name, or at a directory with all below it. */
function fitsFrom(pattern: readonly string[], path: readonly string[]): boolean {
  // reach[i]: the first i segments of the pattern fit what was read of the path so far.
  let reach = new Set([0])
  const skip = (set: Set<number>): Set<number> => {
    for (const at of set) if (pattern[at] === '**') set.add(at + 1)
    return set
  }
  reach = skip(reach)
  for (const segment of path) {
    if (reach.has(pattern.length)) return true
    const next = new Set<number>()
    for (const at of reach) {
      const wanted = pattern[at]
      if (wanted === undefined) continue
      if (wanted === '**') next.add(at)
      else if (segmentFits(wanted, segment)) next.add(at + 1)
    }
    reach = skip(next)
    if (reach.size === 0) return false
  }
  return reach.has(pattern.length)
}

export function codeownersPatternFits(pattern: string, file: string): boolean {
  if (pattern === '' || pattern.length > MAX_PATTERN) return false
  if (pattern === '*' || pattern === '/') return true
  const body = pattern.replace(/^\//, '')
  const inside = body.endsWith('/')
  const segments = body.replace(/\/$/, '').split('/')
  const rooted = pattern.startsWith('/') || anchored(body)
  const wanted = rooted ? segments : ['**', ...segments]
  const path = file.replace(/^\/+/, '').split('/')
  // `docs/*` is about the files there, not those of folders below.
  if (wanted.at(-1) === '*' && wanted.length > 1 && rooted)
    return path.length === wanted.length && fitsFrom(wanted, path)
  return fitsFrom(wanted, inside ? path.slice(0, -1) : path)
}

/** Of each section the last rule that fits; their owners together. null = no rule fits. */
export function codeownersOf(rules: readonly CodeownersRule[], file: string): CodeownersMatch | null {
  const last = new Map<string, CodeownersRule>()
  const excluded = new Set<string>()
  for (const rule of rules) {
    if (!codeownersPatternFits(rule.pattern, file)) continue
    // GitLab: once excluded in a section, nothing later brings it back there.
    if (rule.exclude) excluded.add(rule.section)
    else last.set(rule.section, rule)
  }
  for (const section of excluded) last.delete(section)
  const found = [...last.values()]
  if (found.length === 0) return null
  return { owners: [...new Set(found.flatMap(({ owners }) => owners))], rules: found }
}
