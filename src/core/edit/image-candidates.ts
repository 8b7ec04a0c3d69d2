// Where a source may say an image: whole, as `name=image`, or in parts (`images` of a kustomization, values of a chart).
import { editText, scalarEdit, type ScalarPlace, scalarPlaces, type TextEdit } from '../yaml/index.ts'
import { type Candidate, lineAt, type SourceText, type TextChange } from './candidate.ts'
import { formatImage, type ImageName } from './image-name.ts'

export interface ImageReplacement {
  readonly from: ImageName
  readonly to: ImageName
}

interface Setting extends Omit<TextChange, 'line'> {
  readonly place: ScalarPlace
  readonly edits: readonly TextEdit[]
}

function settingOf(place: ScalarPlace, to: string): Setting | null {
  const edit = place.text === to ? null : scalarEdit(place, to)
  return edit === null ? null : { place, edits: [edit], from: place.text, to }
}

function candidateOf(
  { file, text }: SourceText,
  edits: readonly TextEdit[],
  told: readonly TextChange[],
  anchor: string | null,
): Candidate {
  return { file, text: editText(text, edits), edits, changes: told, anchor }
}

function fromSettings(source: SourceText, settings: readonly (Setting | null)[]): Candidate[] {
  const made = settings.filter((setting) => setting !== null)
  if (made.length === 0) return []
  const changes = made.map(({ place, from, to }) => ({ line: lineAt(source.text, place.range.start), from, to }))
  const anchor = made.find(({ place }) => place.anchor !== null)?.place.anchor ?? null
  const edits = made.flatMap((setting) => setting.edits)
  return [candidateOf(source, edits, changes, anchor)]
}

/** Values that stand beside each other in one map, by their keys. */
type Siblings = ReadonlyMap<string, ScalarPlace>

function siblingsIn(places: readonly ScalarPlace[]): readonly Siblings[] {
  const maps = new Map<string, Map<string, ScalarPlace>>()
  for (const place of places) {
    const key = place.path.at(-1)
    if (typeof key !== 'string') continue
    const parent = JSON.stringify([place.document, ...place.path.slice(0, -1)])
    const map = maps.get(parent) ?? new Map<string, ScalarPlace>()
    maps.set(parent, map.set(key, place))
  }
  return [...maps.values()]
}

const REPOSITORY_KEYS = ['newName', 'repository', 'repo', 'imageRepository', 'image', 'imageName', 'name']
const TAG_KEYS = ['newTag', 'tag', 'imageTag', 'version']
const DIGEST_KEYS = ['digest', 'sha', 'imageDigest']

function firstOf(map: Siblings, keys: readonly string[]): ScalarPlace | undefined {
  const found = keys.find((key) => map.has(key))
  return found === undefined ? undefined : map.get(found)
}

/** A registry that stands by itself takes the first segment of the name. */
function repositorySettings(map: Siblings, { from, to }: ImageReplacement): readonly (Setting | null)[] | null {
  const registry = firstOf(map, ['registry', 'imageRegistry'])
  for (const key of REPOSITORY_KEYS) {
    const place = map.get(key)
    if (place === undefined || place.text === '') continue
    if (place.text === from.repository) return [settingOf(place, to.repository)]
    if (registry === undefined || `${registry.text}/${place.text}` !== from.repository) continue
    if (to.repository.startsWith(`${registry.text}/`))
      return [settingOf(place, to.repository.slice(registry.text.length + 1))]
    const slash = to.repository.indexOf('/')
    if (slash < 0) return null
    return [settingOf(registry, to.repository.slice(0, slash)), settingOf(place, to.repository.slice(slash + 1))]
  }
  return null
}

/** One field in the place of another: its key, and its value. */
function renamed(place: ScalarPlace, key: string, to: string): Setting | null {
  const edit = scalarEdit(place, to)
  if (edit === null || place.key === null) return null
  const from = `${String(place.path.at(-1))}: ${place.text}`
  return { place, edits: [{ ...place.key, text: key }, edit], from, to: `${key}: ${to}` }
}

/** Where a map says the version of its image. */
interface VersionPlaces {
  readonly tag: ScalarPlace | undefined
  readonly digest: ScalarPlace | undefined
  /** An entry of a kustomization's `images` has one of the two, by turns. */
  readonly isEntry: boolean
}

function tagSettings({ tag, digest, isEntry }: VersionPlaces, to: string): readonly (Setting | null)[] | null {
  if (tag === undefined) return isEntry && digest !== undefined ? [renamed(digest, 'newTag', to)] : null
  return digest === undefined ? [settingOf(tag, to)] : [settingOf(tag, to), settingOf(digest, '')]
}

function digestSettings({ tag, digest, isEntry }: VersionPlaces, to: string): readonly (Setting | null)[] | null {
  if (digest !== undefined) return [settingOf(digest, to)]
  return isEntry && tag !== undefined ? [renamed(tag, 'digest', to)] : null
}

function versionSettings(map: Siblings, { tag, digest }: ImageName): readonly (Setting | null)[] | null {
  const isEntry = map.has('name') && (map.has('newTag') || map.has('digest'))
  const places = { tag: firstOf(map, TAG_KEYS), digest: firstOf(map, DIGEST_KEYS), isEntry }
  if (tag === '') return digestSettings(places, digest)
  if (digest === '') return tagSettings(places, tag)
  if (places.tag === undefined || places.digest === undefined) return null
  return [settingOf(places.tag, tag), settingOf(places.digest, digest)]
}

function inMaps(source: SourceText, places: readonly ScalarPlace[], change: ImageReplacement): Candidate[] {
  return siblingsIn(places).flatMap((map) => {
    const repository = repositorySettings(map, change)
    const version = repository === null ? null : versionSettings(map, change.to)
    if (repository === null || version === null) return []
    return fromSettings(source, [...repository, ...version])
  })
}

/** An entry of a kustomization that gives no new name: a line for one goes below its `name`. */
function inEntries(source: SourceText, places: readonly ScalarPlace[], change: ImageReplacement): Candidate[] {
  const { from, to } = change
  if (from.repository === to.repository) return []
  const put = `newName: ${to.repository}`
  return siblingsIn(places).flatMap((map) => {
    const name = map.get('name')
    const version = name?.text !== from.repository || map.has('newName') ? null : versionSettings(map, to)
    const line = version === null || name === undefined ? null : lineBelow(source.text, name, put)
    if (version === null || line === null) return []
    const [made = { edits: [], changes: [], anchor: null }] = fromSettings(source, version)
    const told = { line: lineAt(source.text, line.start) + 1, from: '', to: put }
    return [candidateOf(source, [line, ...made.edits], [told, ...made.changes], made.anchor)]
  })
}

/** Where keys stand on lines of their own. */
function lineBelow(text: string, { key, range }: ScalarPlace, put: string): TextEdit | null {
  if (key === null) return null
  const begin = text.lastIndexOf('\n', key.start - 1) + 1
  const before = text.slice(begin, key.start)
  const end = text.indexOf('\n', range.end)
  const rest = text.slice(range.end, end < 0 ? text.length : end)
  if (!/^(?:[ -])*$/.test(before) || !/^["']?[ \t]*(?:#.*)?\r?$/.test(rest)) return null
  const at = end < 0 ? text.length : end - (rest.endsWith('\r') ? 1 : 0)
  return { start: at, end: at, text: `${rest.endsWith('\r') ? '\r\n' : '\n'}${before.replaceAll('-', ' ')}${put}` }
}

/** What a value becomes that is the image, its version, or `name=image`; null = it says nothing of it. */
function replaced(text: string, { from, to }: ImageReplacement): string | null {
  if (text === formatImage(from)) return formatImage(to)
  const version = (image: ImageName): string => formatImage({ ...image, repository: '' }).replace(/^[:@]/, '')
  const keeps = from.repository === to.repository
  if (keeps && version(from) !== '' && text === version(from)) return version(to)
  const equals = text.indexOf('=')
  const given = equals < 0 ? text : text.slice(equals + 1)
  const before = text.slice(0, equals + 1)
  if (given.startsWith('*') && keeps && given.slice(1) === formatImage({ ...from, repository: '' }))
    return `${before}*${formatImage({ ...to, repository: '' })}`
  return equals > 0 && given === formatImage(from) ? `${before}${formatImage(to)}` : null
}

function inValues(source: SourceText, places: readonly ScalarPlace[], change: ImageReplacement): Candidate[] {
  return places.flatMap((place) => {
    const to = replaced(place.text, change)
    return to === null ? [] : fromSettings(source, [settingOf(place, to)])
  })
}

const NAME_CHARACTER = /[A-Za-z0-9._/:@+-]/

/** Text that is no YAML, or YAML within YAML: the image or its tag as a word of its own. */
function inText(
  source: SourceText,
  change: ImageReplacement,
  ranges: readonly { start: number; end: number }[],
): Candidate[] {
  const { from, to } = change
  const words = [[formatImage(from), formatImage(to)]]
  if (from.repository === to.repository && from.tag !== '' && from.digest === to.digest) words.push([from.tag, to.tag])
  return words.flatMap(([word = '', put = '']) =>
    ranges.flatMap(({ start, end }) => {
      const found: Candidate[] = []
      for (
        let at = source.text.indexOf(word, start);
        at >= 0 && at < end;
        at = source.text.indexOf(word, at + word.length)
      ) {
        const after = source.text.charAt(at + word.length)
        if (NAME_CHARACTER.test(source.text.charAt(at - 1)) || NAME_CHARACTER.test(after)) continue
        const edit = { start: at, end: at + word.length, text: put }
        found.push(candidateOf(source, [edit], [{ line: lineAt(source.text, at), from: word, to: put }], null))
      }
      return found
    }),
  )
}

/** The likeliest first, each once. */
export function imageCandidates(source: SourceText, change: ImageReplacement): readonly Candidate[] {
  const places = scalarPlaces(source.text)
  const texts = places.filter(({ style }) => style === 'block').map(({ range }) => range)
  const whole = { start: 0, end: source.text.length }
  const found = [
    ...inMaps(source, places, change),
    ...inEntries(source, places, change),
    ...inValues(source, places, change),
    ...inText(source, change, places.length === 0 ? [whole] : texts),
  ]
  const seen = new Set<string>()
  return found.filter(({ text }) => text !== source.text && !seen.has(text) && seen.add(text))
}

/** Under which names a kustomization or an Application knows images that it replaces: `app` → `registry/team/app`. */
export function knownNames(texts: readonly SourceText[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { text } of texts) {
    const places = scalarPlaces(text)
    for (const map of siblingsIn(places)) {
      const [name, newName] = [map.get('name'), map.get('newName')]
      if (name !== undefined && newName !== undefined) names.set(name.text, newName.text)
    }
    for (const { text: value } of places) {
      const [, name, repository] = /^([^=\s]+)=([^=\s@]+?)(?::[^:/\s]*)?(?:@\S*)?$/.exec(value) ?? []
      if (name !== undefined && repository !== undefined) names.set(name, repository)
    }
  }
  return names
}
