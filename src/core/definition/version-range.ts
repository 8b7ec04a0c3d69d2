// Ranges of versions as Argo CD reads them, which is as the Go library Masterminds/semver v3 reads them.
// Compared with that library over random pairs; what it does with odd input is kept, since people's tags depend on it.

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint]
  /** '' = a release. */
  readonly prerelease: string
}

interface Comparator {
  readonly operator: string
  readonly version: Version
  /** How many numbers are written before the first wildcard or the end; 3 = a whole version. */
  readonly given: 0 | 1 | 2 | 3
}

/** Comparators that must all hold. */
interface Group {
  readonly comparators: readonly Comparator[]
  readonly prereleases: boolean
}

const MAX_LENGTH = 256
const MAX_NUMBER = 0xffff_ffff_ffff_ffffn
const TAIL = String.raw`(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`
/** The bar belongs to the class in the library too: `1||2 - 3` is `1` or `2 - 3` spelled tightly. */
const PATTERN = String.raw`v?([0-9|xX*]+)(?:\.([0-9|xX*]+))?(?:\.([0-9|xX*]+))?${TAIL}`
const SPACE = String.raw`[\t\n\f\r ]`
const VERSION = new RegExp(String.raw`^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?${TAIL}$`)
const HYPHEN_RANGE = new RegExp(`${SPACE}*(${PATTERN})${SPACE}+-${SPACE}+(${PATTERN})${SPACE}*`, 'g')
const COMPARATOR = new RegExp(`(=>|=<|=|!=|>=|>|<=|<|~>|~|\\^|)${SPACE}*${PATTERN}`, 'y')
const SPACES = new RegExp(`${SPACE}*`, 'y')

function readPrerelease(text: string): string | null {
  return text.split('.').some((part) => /^0[0-9]+$/.test(part)) ? null : text
}

/** `1`, `v1.2` and `1.2.3-rc.1+build` are versions; null for anything else. */
function readVersion(text: string): Version | null {
  const match = text.length > MAX_LENGTH ? null : VERSION.exec(text)
  if (match === null) return null
  const number = (index: number) => BigInt(match[index] ?? '0')
  const numbers = [number(1), number(2), number(3)] as const
  const prerelease = readPrerelease(match[4] ?? '')
  return prerelease === null || numbers.some((one) => one > MAX_NUMBER) ? null : { numbers, prerelease }
}

function isWildcard(segment: string | undefined): boolean {
  return segment === undefined || segment === 'x' || segment === 'X' || segment === '*'
}

function readComparator(match: RegExpExecArray): Comparator | null {
  const [, operator = '', ...rest] = match
  const segments = rest.slice(0, 3)
  const wildcard = segments.findIndex(isWildcard)
  const given = (wildcard < 0 ? 3 : wildcard) as Comparator['given']
  const numbers = segments.map((segment, index) => (index < given ? segment : '0')).join('.')
  const version = readVersion(rest[3] === undefined ? numbers : `${numbers}-${rest[3]}`)
  return version === null ? null : { operator, version, given }
}

function skipSpaces(text: string, position: number): number {
  SPACES.lastIndex = position
  SPACES.exec(text)
  return SPACES.lastIndex
}

/** Comparators with spaces or a comma between them; null when it is something else. */
function readGroup(text: string): Group | null {
  const comparators: Comparator[] = []
  for (let position = skipSpaces(text, 0); position < text.length; ) {
    COMPARATOR.lastIndex = position
    const match = COMPARATOR.exec(text)
    const comparator = match === null ? null : readComparator(match)
    if (comparator === null) return null
    comparators.push(comparator)
    const end = COMPARATOR.lastIndex
    position = skipSpaces(text, end)
    if (text[position] === ',') {
      position = skipSpaces(text, position + 1)
      if (position >= text.length) return null
    } else if (position === end && end < text.length) return null
  }
  if (comparators.length === 0) return null
  return { comparators, prereleases: comparators.some(({ version }) => version.prerelease !== '') }
}

function readRange(text: string): readonly Group[] | null {
  if (text.length > MAX_LENGTH) return null
  const plain = text.replace(HYPHEN_RANGE, (...parts) => `>= ${parts[1]}, <= ${parts[6]} `)
  const groups: Group[] = []
  for (const part of plain.split('||')) {
    const group = readGroup(part)
    if (group === null) return null
    groups.push(group)
  }
  return groups
}

function compareNumbers(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b)
}

function comparePart(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? -1 : 1
  const isNumber = (text: string) => /^[0-9]+$/.test(text) && BigInt(text) <= MAX_NUMBER
  if (isNumber(a) && isNumber(b)) return compareNumbers(BigInt(a), BigInt(b))
  if (isNumber(a) || isNumber(b)) return isNumber(a) ? -1 : 1
  return a < b ? -1 : 1
}

function comparePrereleases(a: string, b: string): number {
  if (a === '' || b === '') return Number(a === '') - Number(b === '')
  const left = a.split('.')
  const right = b.split('.')
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = comparePart(left[index] ?? '', right[index] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function compareVersions(a: Version, b: Version): number {
  for (const index of [0, 1, 2] as const) {
    const order = compareNumbers(a.numbers[index], b.numbers[index])
    if (order !== 0) return order
  }
  return comparePrereleases(a.prerelease, b.prerelease)
}

type Test = (version: Version, comparator: Comparator) => boolean

/** Whether the first `count` numbers are the same. */
function agree(a: Version, b: Version, count: number): boolean {
  return a.numbers.every((number, index) => index >= count || number === b.numbers[index])
}

const isEqual: Test = (version, { version: wanted }) => compareVersions(version, wanted) === 0

const isNot: Test = (version, comparator) => {
  const { version: other, given } = comparator
  if (given === 1) return !agree(version, other, 1)
  if (given === 2 && agree(version, other, 2)) return comparePrereleases(version.prerelease, other.prerelease) !== 0
  return !isEqual(version, comparator)
}

const isGreater: Test = (version, { version: bound, given }) => {
  if (given === 1) return version.numbers[0] > bound.numbers[0]
  if (given !== 2 || version.numbers[0] !== bound.numbers[0]) return compareVersions(version, bound) > 0
  return version.numbers[1] > bound.numbers[1]
}

const isAtMost: Test = (version, { version: bound, given }) => {
  if (given === 3) return compareVersions(version, bound) <= 0
  if (version.numbers[0] !== bound.numbers[0]) return version.numbers[0] < bound.numbers[0]
  return given === 1 || version.numbers[1] <= bound.numbers[1]
}

const isAbout: Test = (version, { version: base, given }) => {
  if (compareVersions(version, base) < 0) return false
  const anything = (given === 0 || given === 3) && base.numbers.every((number) => number === 0n)
  return anything || agree(version, base, given === 1 ? 1 : 2)
}

const isCompatible: Test = (version, { version: base, given }) => {
  if (compareVersions(version, base) < 0) return false
  const [major, minor] = base.numbers
  if (major > 0n || given === 1) return agree(version, base, 1)
  if (minor > 0n || given === 2) return agree(version, base, 2)
  return agree(version, base, 3)
}

const isAtLeast: Test = (version, { version: bound }) => compareVersions(version, bound) >= 0

const isExactly: Test = (version, comparator) => (comparator.given === 3 ? isEqual : isAbout)(version, comparator)

const TESTS: ReadonlyMap<string, Test> = new Map([
  ['', isExactly],
  ['=', isExactly],
  ['!=', isNot],
  ['>', isGreater],
  ['<', (version, { version: bound }) => compareVersions(version, bound) < 0],
  ['>=', isAtLeast],
  ['=>', isAtLeast],
  ['<=', isAtMost],
  ['=<', isAtMost],
  ['~', isAbout],
  ['~>', isAbout],
  ['^', isCompatible],
])

function holds(groups: readonly Group[], version: Version): boolean {
  return groups.some(
    ({ comparators, prereleases }) =>
      (prereleases || version.prerelease === '') &&
      comparators.every((comparator) => TESTS.get(comparator.operator)?.(version, comparator) === true),
  )
}

/** Whether the text is a range and not one version: `1.x`, `>=1.2 <2`, `^0.3`, `*`; not `1.2` and not `main`. */
export function isVersionRange(text: string): boolean {
  return readVersion(text) === null && readRange(text) !== null
}

/** Whether the version lies in the range. False when either cannot be read. Prereleases only where the range names one. */
export function versionInRange(version: string, range: string): boolean {
  const read = readVersion(version)
  const groups = readRange(range)
  return read !== null && groups !== null && holds(groups, read)
}

/**
 * The one of `versions` that `range` means, as it stands there: an entry spelled exactly so, else the highest in the
 * range, else null. A whole or shortened version (`1.2`) is a name, not a range. Entries that are no versions are passed
 * over. Of two equal versions (`1.0` and `v1.0.0`) the first is taken.
 */
export function bestVersion(versions: readonly string[], range: string): string | null {
  if (versions.includes(range)) return range
  const groups = isVersionRange(range) ? readRange(range) : null
  if (groups === null) return null
  let best: { readonly text: string; readonly version: Version } | null = null
  for (const text of versions) {
    const version = readVersion(text)
    if (version === null || !holds(groups, version)) continue
    if (best === null || compareVersions(version, best.version) > 0) best = { text, version }
  }
  return best?.text ?? null
}
