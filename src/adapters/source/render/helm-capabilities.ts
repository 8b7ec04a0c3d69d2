// What a chart asks of the cluster: only that is told to it, so that a render does not follow what it never looks at.
import { ArchiveTrees } from '../files/archive-trees.ts'
import type { InputFile } from '../files/input-file.ts'
import type { FileTrees } from '../files/trees.ts'
import type { SourceLimits } from '../limits.ts'

export interface Mentions {
  /** Whether the version of the cluster may matter. */
  readonly version: boolean
  /** API versions that are asked for by name; `all` when the list itself is looked at. */
  readonly apis: 'all' | readonly string[]
}

const NONE: Mentions = { version: false, apis: [] }
const VERSION = /Capabilities|[kK]ubeVersion/
const APIS = /APIVersions/g
const NAMED_API = /APIVersions\.Has\s+(?:"([^"\\]*)"|`([^`]*)`)/g
/** The whole of it may end up in the output, or in a variable that is asked for anything. */
const WHOLE = /\bCapabilities(?!\)*\.(?:KubeVersion|HelmVersion|APIVersions)\b)/
const PRINT = 'to(?:Raw|Pretty)?Json|toYaml(?:Pretty)?|toToml'
const SEARCH = 'index|get|pick|omit|values|deepCopy|range(?: \\$\\w+(?: ?, ?\\$\\w+)? ?:=)?'
/** What an action prints or searches as a whole: `.`, or `$`. */
const SHOWN = new RegExp(
  `(?:^|[\\s(|])(?:${PRINT}|${SEARCH}|println?|printf "[^"]*") ([.$])(?=[\\s)|]|$)|(?:^|[\\s(])([.$]) ?\\| ?(?:${PRINT})\\b`,
)
/** Longer ones show nothing. */
const LONGEST_ACTION = 1_000
/** Nobody evaluates these. A template may begin with such a word (`securitycontextconstraints.yaml`). */
const PROSE =
  /^(?!(?:.*\/)?templates\/)(?:.*\/)?(?:README|CHANGELOG|LICENSE|NOTICE|SECURITY|CONTRIBUTING)(?:\.(?:md|markdown|txt|rst|adoc))?$/i
/** Content hashes; anything else may name something else tomorrow. */
const CONTENT_ID = /^(?:sha256:)?[0-9a-f]{40,64}$/
const KEPT = 50_000
/** Archives in archives. */
const DEEPEST = 8

function* actionsIn(text: string): Generator<string> {
  for (const part of text.split('{{').slice(1)) {
    const end = part.indexOf('}}')
    if (end >= 0 && end <= LONGEST_ACTION)
      yield part
        .slice(0, end)
        .replace(/\s+/g, ' ')
        .replace(/^-? | -$/g, '')
  }
}

/**
 * Whether the root of a template, in which Capabilities are, is printed or searched as a whole, as far as its text shows
 * it. In a `with`, a `range` and a named template the dot is something else.
 */
function showsRoot(text: string): boolean {
  const refocused: boolean[] = []
  for (const action of actionsIn(text)) {
    const [, first, second] = SHOWN.exec(action) ?? []
    const shown = first ?? second
    if (shown === '$' || (shown === '.' && !refocused.includes(true))) return true
    const [opened] = /^(?:if|with|range|define|block)\b/.exec(action) ?? []
    if (opened !== undefined) refocused.push(opened !== 'if')
    else if (/^end\b/.test(action)) refocused.pop()
  }
  return false
}

export function mentionsIn(text: string): Mentions {
  if (showsRoot(text)) return { version: true, apis: 'all' }
  if (!text.includes('apabilities') && !text.includes('ubeVersion') && !text.includes('APIVersions')) return NONE
  const named = [...text.matchAll(NAMED_API)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const all = text.match(APIS)?.length ?? 0
  const isWhole = all > named.length || WHOLE.test(text)
  return { version: VERSION.test(text), apis: isWhole ? 'all' : [...new Set(named)] }
}

export function joinMentions(found: readonly Mentions[]): Mentions {
  const isAll = found.some(({ apis }) => apis === 'all')
  const names = new Set(found.flatMap(({ apis }) => (apis === 'all' ? [] : apis)))
  return { version: found.some(({ version }) => version), apis: isAll ? 'all' : [...names].sort() }
}

/** Reads each content once. */
export class MentionReader {
  readonly #known = new Map<string, Mentions>()

  async of(files: readonly InputFile[], limits: SourceLimits): Promise<Mentions> {
    const found: Mentions[] = []
    for (const file of files) if (!PROSE.test(file.path)) found.push(await this.#ofFile(file, limits))
    return joinMentions(found)
  }

  async #ofFile(file: InputFile, limits: SourceLimits): Promise<Mentions> {
    const kind = file.path.endsWith('.tgz') ? 'archive' : 'text'
    const key = `${kind} ${file.id}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const content = await file.read()
    const mentions = kind === 'archive' ? await inArchive(content, limits) : mentionsIn(content.toString('latin1'))
    if (CONTENT_ID.test(file.id)) this.#keep(key, mentions)
    return mentions
  }

  #keep(key: string, mentions: Mentions): void {
    this.#known.set(key, mentions)
    const [oldest] = this.#known.keys()
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest)
  }
}

async function inArchive(content: Buffer, { renderBytes, renderFiles, fileBytes }: SourceLimits): Promise<Mentions> {
  const limits = { bytes: renderBytes, files: renderFiles, fileBytes }
  const trees = await ArchiveTrees.open(content, limits).catch(() => null)
  return trees === null ? NONE : inTree(trees, { id: trees.root, path: '', depth: 0 }, limits)
}

interface Spot {
  readonly id: string
  readonly path: string
  readonly depth: number
}

async function inTree(
  trees: FileTrees,
  { id, path, depth }: Spot,
  limits: { bytes: number; files: number; fileBytes: number },
): Promise<Mentions> {
  const found: Mentions[] = []
  for (const entry of await trees.entries(id)) {
    const here = `${path}/${entry.name}`
    if (entry.kind === 'tree') found.push(await inTree(trees, { id: entry.id, path: here, depth }, limits))
    if (entry.kind !== 'blob' || PROSE.test(here)) continue
    const content = await trees.blob(entry.id)
    const isPacked = here.endsWith('.tgz') && depth < DEEPEST
    const nested = isPacked ? await ArchiveTrees.open(content, limits).catch(() => null) : null
    if (nested === null) found.push(mentionsIn(content.toString('latin1')))
    else found.push(await inTree(nested, { id: nested.root, path: here, depth: depth + 1 }, limits))
  }
  return joinMentions(found)
}
