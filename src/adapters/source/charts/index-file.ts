// index.yaml of a chart repository: the versions of one chart. Such files have tens of megabytes, so only what is asked for
// is read as YAML.
import { isMap, type Json } from '../../../core/kube/index.ts'
import { readYaml } from '../../../core/yaml/index.ts'

export interface ChartVersion {
  readonly version: string
  /** Relative to the repository, or whole. */
  readonly urls: readonly string[]
  /** `sha256:…`; '' = not said. */
  readonly digest: string
}

/** Why an index cannot be used; never quotes it. */
export class IndexError extends Error {}

/** An index that is not laid out as helm lays it out is read whole, as far as this. */
const WHOLE_BYTES = 4 * 1024 * 1024
const LIMITS = { aliasWeight: 100_000, depth: 60, repeatedKeys: 'last' } as const
const KEPT = /^(version|digest|urls):/

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

function versionOf(entry: Json): ChartVersion | null {
  if (!isMap(entry)) return null
  const version = textOf(entry.version)
  const urls = (Array.isArray(entry.urls) ? (entry.urls as readonly Json[]) : [])
    .map(textOf)
    .filter((url) => url !== '')
  if (version === '' || urls.length === 0) return null
  const digest = textOf(entry.digest)
    .toLowerCase()
    .replace(/^sha256:/, '')
  return { version, urls, digest: digest === '' ? '' : `sha256:${digest}` }
}

function documentOf(text: string): Json {
  const { documents, problems } = readYaml(text, { file: 'index.yaml', limits: LIMITS })
  const [first] = problems
  if (first !== undefined) throw new IndexError(first.message)
  return documents[0]?.value ?? null
}

function versionsIn(value: Json | undefined): readonly ChartVersion[] | null {
  if (!Array.isArray(value)) return null
  return (value as readonly Json[]).flatMap((entry) => versionOf(entry) ?? [])
}

const indentOf = (line: string): number => line.length - line.trimStart().length

/** From `at` to the end of the line; null at the end of the text. */
function lineAt(text: string, at: number): string | null {
  if (at >= text.length) return null
  const end = text.indexOf('\n', at)
  return text.slice(at, end < 0 ? text.length : end)
}

/** Where the lines below `entries:` begin; -1 when there are none in that form. */
function beginOfEntries(text: string): number {
  const found = /(?:^|\n)entries:[ \t]*\r?\n/.exec(text)
  return found === null ? -1 : found.index + found[0].length
}

/** The lines of one chart's list without those of fields that nobody needs; null when the index is laid out otherwise. */
function linesOf(text: string, chart: string): readonly string[] | null {
  const begin = beginOfEntries(text)
  const first = begin < 0 ? null : lineAt(text, begin)
  if (first === null || !/^ +\S/.test(first)) return null
  const indent = ' '.repeat(indentOf(first))
  const names = [chart, JSON.stringify(chart), `'${chart}'`].map((name) => `\n${indent}${name}:`)
  const at = names.map((name) => text.indexOf(name, begin - 1)).find((found) => found >= 0)
  if (at === undefined) return []
  return itemsFrom(text, text.indexOf('\n', at + 1) + 1, indent.length)
}

/** A line's place in a chart's list. */
interface Line {
  readonly text: string
  readonly indent: number
  readonly isItem: boolean
  /** Without the dash. */
  readonly field: string
}

const UNSAID = /^\s*(?:#|$)/

function* linesFrom(text: string, begin: number): Generator<Line> {
  for (let at = begin, line = lineAt(text, at); line !== null && at > 0; line = lineAt(text, at)) {
    at += line.length + 1
    if (UNSAID.test(line)) continue
    const body = line.trimStart()
    const isItem = body.startsWith('- ')
    yield { text: line, indent: indentOf(line), isItem, field: isItem ? body.slice(2).trimStart() : body }
  }
}

/** The items of a list in an entry stand as far in as its key, and begin no field. */
function beginsField({ indent, isItem }: { indent: number; isItem: boolean }, inner: number): boolean {
  return indent === inner && !isItem
}

/** Items of a list whose key stands `outer` spaces in; null when they are laid out otherwise. */
function itemsFrom(text: string, begin: number, outer: number): readonly string[] | null {
  const kept: string[] = []
  let keeps = false
  let inner = -1
  for (const line of linesFrom(text, begin)) {
    const isItem = line.isItem && (inner < 0 || line.indent === inner - 2)
    if (isItem ? line.indent < outer : line.indent <= outer) return kept
    if (isItem) inner = line.indent + 2
    if (inner < 0) return null
    if (isItem || beginsField(line, inner)) keeps = KEPT.test(line.field)
    if (keeps) kept.push(line.text)
    else if (isItem) kept.push(`${' '.repeat(line.indent)}- ignored: true`)
  }
  return kept
}

function versionsByLines(text: string, chart: string): readonly ChartVersion[] | null | 'unknown' {
  const lines = linesOf(text, chart)
  if (lines === null) return 'unknown'
  if (lines.length === 0) return null
  try {
    return versionsIn(documentOf(lines.join('\n'))) ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

/** The versions of a chart as they stand there; null when the repository has no such chart. Throws IndexError. */
export function versionsOf(index: Buffer, chart: string): readonly ChartVersion[] | null {
  const text = index.toString('utf8')
  const found = versionsByLines(text, chart)
  if (found !== 'unknown' && found !== null) return found
  if (index.length > WHOLE_BYTES) {
    if (found === null) return null
    throw new IndexError(`index.yaml is not laid out as helm does, and has more than ${WHOLE_BYTES} bytes`)
  }
  const whole = documentOf(text)
  if (!isMap(whole) || !isMap(whole.entries)) throw new IndexError('index.yaml has no entries')
  return Object.hasOwn(whole.entries, chart) ? versionsIn(whole.entries[chart]) : null
}
