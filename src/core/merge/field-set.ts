import type { FieldPath, PathElement } from '../kube/index.ts'
import { compareElements, elementText } from './element.ts'

/** What a set knows at one element: whether the path that ends here is a member, and what lies below. */
export interface FieldSetEntry {
  readonly element: PathElement
  readonly member: boolean
  readonly children: FieldSet
}

/**
 * An immutable set of field paths, kept as a trie; sets share what they have in common. A path and the paths below it
 * are members independently of each other, as in managedFields. Every operation answers a new set (or one of its
 * operands where nothing changes) and costs no more than the smaller operand plus what differs.
 */
export class FieldSet {
  static readonly EMPTY: FieldSet = new FieldSet(new Map())

  /** Entries by element text (`f:name`, …), in no particular order. */
  readonly entries: ReadonlyMap<string, FieldSetEntry>

  /** For the builders of this folder: no entry may be without a member. Use `FieldSet.of` or a `FieldSetBuilder`. */
  constructor(entries: ReadonlyMap<string, FieldSetEntry>) {
    this.entries = entries
  }

  static of(paths: Iterable<FieldPath>): FieldSet {
    const builder = new FieldSetBuilder()
    for (const path of paths) builder.insert(path)
    return builder.build()
  }

  get isEmpty(): boolean {
    return this.entries.size === 0
  }

  /** Number of member paths; visits the whole set. */
  get size(): number {
    let count = 0
    for (const entry of this.entries.values()) count += (entry.member ? 1 : 0) + entry.children.size
    return count
  }

  /** The entry of one element directly below the root of this set. */
  entry(element: PathElement): FieldSetEntry | undefined {
    return this.entries.get(elementText(element))
  }

  /** True when exactly this path is a member. The empty path never is. */
  has(path: FieldPath): boolean {
    const last = path.at(-1)
    if (last === undefined) return false
    return this.parentOf(path)?.entry(last)?.member === true
  }

  /** True when the path itself or anything below it is a member; the empty path asks for anything at all. */
  hasPrefix(path: FieldPath): boolean {
    const last = path.at(-1)
    if (last === undefined) return !this.isEmpty
    return this.parentOf(path)?.entry(last) !== undefined
  }

  /** True when the path or one of its ancestors is a member: an owner of an atomic value owns what is inside. */
  hasSelfOrAncestor(path: FieldPath): boolean {
    let set: FieldSet = this
    for (const element of path) {
      const entry = set.entry(element)
      if (entry === undefined) return false
      if (entry.member) return true
      set = entry.children
    }
    return false
  }

  /** The members strictly below `path`, relative to it; the empty set when there are none. */
  under(path: FieldPath): FieldSet {
    let set: FieldSet = this
    for (const element of path) {
      const entry = set.entry(element)
      if (entry === undefined) return FieldSet.EMPTY
      set = entry.children
    }
    return set
  }

  insert(path: FieldPath): FieldSet {
    if (path.length === 0 || this.has(path)) return this
    return this.union(FieldSet.of([path]))
  }

  /** Without `path` and everything below it. */
  removeUnder(path: FieldPath): FieldSet {
    if (path.length === 0) return FieldSet.EMPTY
    return this.recursiveDifference(FieldSet.of([path]))
  }

  union(other: FieldSet): FieldSet {
    if (this === other || other.isEmpty) return this
    if (this.isEmpty) return other
    const entries = new Map(this.entries)
    for (const [text, theirs] of other.entries) {
      const ours = entries.get(text)
      if (ours === undefined) entries.set(text, theirs)
      else {
        const children = ours.children.union(theirs.children)
        const member = ours.member || theirs.member
        if (children !== ours.children || member !== ours.member)
          entries.set(text, { element: ours.element, member, children })
      }
    }
    return new FieldSet(entries)
  }

  /** The union of many sets, however many: pair by pair, so that none is copied more often than there are rounds. */
  static unionOf(sets: readonly FieldSet[]): FieldSet {
    let round = sets
    while (round.length > 1) {
      const next: FieldSet[] = []
      for (let index = 0; index < round.length; index += 2)
        next.push((round[index] as FieldSet).union(round[index + 1] ?? FieldSet.EMPTY))
      round = next
    }
    return round[0] ?? FieldSet.EMPTY
  }

  intersection(other: FieldSet): FieldSet {
    if (this === other) return this
    const [small, large] = this.entries.size <= other.entries.size ? [this, other] : [other, this]
    const entries = new Map<string, FieldSetEntry>()
    for (const [text, a] of small.entries) {
      const b = large.entries.get(text)
      if (b === undefined) continue
      const member = a.member && b.member
      const children = a.children.intersection(b.children)
      if (member || !children.isEmpty) entries.set(text, { element: a.element, member, children })
    }
    return setOf(entries)
  }

  /** The members of this set that are not members of the other; what lies below a member of the other stays. */
  difference(other: FieldSet): FieldSet {
    return this.subtract(other, keepBelow)
  }

  /** As `difference`, but a member of the other also removes everything below it. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.subtract(other, dropBelow)
  }

  private subtract(other: FieldSet, below: (ours: FieldSetEntry, theirs: FieldSetEntry) => FieldSet): FieldSet {
    if (this === other) return FieldSet.EMPTY
    if (this.isEmpty || other.isEmpty) return this
    const entries = new Map<string, FieldSetEntry>()
    let changed = false
    for (const [text, ours] of this.entries) {
      const theirs = other.entries.get(text)
      const left = theirs === undefined ? ours : without(ours, theirs, below(ours, theirs))
      changed ||= left !== ours
      if (left !== null) entries.set(text, left)
    }
    return changed ? setOf(entries) : this
  }

  /** The members that have no member below them. */
  leaves(): FieldSet {
    const entries = new Map<string, FieldSetEntry>()
    for (const [text, entry] of this.entries) {
      if (entry.children.isEmpty) entries.set(text, entry)
      else entries.set(text, { element: entry.element, member: false, children: entry.children.leaves() })
    }
    return setOf(entries)
  }

  equals(other: FieldSet): boolean {
    if (this === other) return true
    if (this.entries.size !== other.entries.size) return false
    for (const [text, ours] of this.entries) {
      const theirs = other.entries.get(text)
      if (theirs === undefined || ours.member !== theirs.member || !ours.children.equals(theirs.children)) return false
    }
    return true
  }

  /** The entries directly below the root, in the server's order. */
  sorted(): FieldSetEntry[] {
    return [...this.entries.values()].sort((a, b) => compareElements(a.element, b.element))
  }

  /** Every member path in the server's order, a path before those below it. */
  *paths(): Generator<FieldPath> {
    yield* pathsBelow(this, [])
  }

  private parentOf(path: FieldPath): FieldSet | undefined {
    let set: FieldSet = this
    for (let index = 0; index < path.length - 1; index++) {
      const entry = set.entry(path[index] as PathElement)
      if (entry === undefined) return undefined
      set = entry.children
    }
    return set
  }
}

function setOf(entries: ReadonlyMap<string, FieldSetEntry>): FieldSet {
  return entries.size === 0 ? FieldSet.EMPTY : new FieldSet(entries)
}

/** `ours` itself when nothing of it goes, null when nothing of it stays. */
function without(ours: FieldSetEntry, theirs: FieldSetEntry, children: FieldSet): FieldSetEntry | null {
  const member = ours.member && !theirs.member
  if (member === ours.member && children === ours.children) return ours
  return member || !children.isEmpty ? { element: ours.element, member, children } : null
}

function keepBelow(ours: FieldSetEntry, theirs: FieldSetEntry): FieldSet {
  return ours.children.difference(theirs.children)
}

function dropBelow(ours: FieldSetEntry, theirs: FieldSetEntry): FieldSet {
  return theirs.member ? FieldSet.EMPTY : ours.children.recursiveDifference(theirs.children)
}

function* pathsBelow(set: FieldSet, prefix: FieldPath): Generator<FieldPath> {
  for (const entry of set.sorted()) {
    const path = [...prefix, entry.element]
    if (entry.member) yield path
    if (!entry.children.isEmpty) yield* pathsBelow(entry.children, path)
  }
}

interface BuilderEntry {
  readonly element: PathElement
  member: boolean
  below: FieldSetBuilder | null
  children: FieldSet
}

/** Collects members, then `build()`s the set once. Descend with `child` to add many members below one element. */
export class FieldSetBuilder {
  private readonly found = new Map<string, BuilderEntry>()

  insert(path: FieldPath): void {
    let builder: FieldSetBuilder = this
    const last = path.length - 1
    for (let index = 0; index < last; index++) builder = builder.child(path[index] as PathElement)
    if (last >= 0) builder.add(path[last] as PathElement)
  }

  /** Makes the element itself a member. */
  add(element: PathElement): void {
    this.at(element).member = true
  }

  /** The builder of what lies below an element; an element with nothing below and no membership leaves no trace. */
  child(element: PathElement): FieldSetBuilder {
    const entry = this.at(element)
    entry.below ??= new FieldSetBuilder()
    return entry.below
  }

  /** Adds a whole set below an element. */
  graft(element: PathElement, children: FieldSet): void {
    if (children.isEmpty) return
    const entry = this.at(element)
    entry.children = entry.children.union(children)
  }

  build(): FieldSet {
    const entries = new Map<string, FieldSetEntry>()
    for (const [text, entry] of this.found) {
      const below = entry.below === null ? entry.children : entry.children.union(entry.below.build())
      if (entry.member || !below.isEmpty)
        entries.set(text, { element: entry.element, member: entry.member, children: below })
    }
    return setOf(entries)
  }

  private at(element: PathElement): BuilderEntry {
    const text = elementText(element)
    const known = this.found.get(text)
    if (known !== undefined) return known
    const entry: BuilderEntry = { element, member: false, below: null, children: FieldSet.EMPTY }
    this.found.set(text, entry)
    return entry
  }
}
