// Many rules, many objects: which speak of which, without asking each about each.
import type { ObjectRef } from '../kube/index.ts'
import { globMatcher, globMatches, globPrefix, isGlob } from './glob.ts'
import type { GroupKind, IgnoreRule, KnownTypeField } from './types.ts'

type Ref = Omit<ObjectRef, 'version'>
type Matches = (text: string) => boolean

const any: Matches = () => true
const orAny = (glob: string): Matches => (glob === '' ? any : globMatcher(glob))

/** A rule with its globs read. Group '' is the core group only; no name or namespace means any. */
interface Placed {
  readonly rule: IgnoreRule
  /** Rules hold in the order in which they are written. */
  readonly at: number
  readonly group: Matches
  readonly kind: Matches
  readonly name: Matches
  readonly namespace: Matches
}

function place(rule: IgnoreRule, at: number): Placed {
  const { group, kind, name, namespace } = rule
  return {
    ...{ rule, at, group: globMatcher(group), kind: globMatcher(kind) },
    ...{ name: orAny(name), namespace: orAny(namespace) },
  }
}

/** Whether the rule speaks about this object. */
export function ruleMatches(rule: IgnoreRule, ref: Ref): boolean {
  const { group, kind, name, namespace } = place(rule, 0)
  return group(ref.group) && kind(ref.kind) && name(ref.name) && namespace(ref.namespace)
}

/** What of a rule can be looked up: the namespace, and the name or what a name has to begin with. */
function keyOf({ name, namespace }: IgnoreRule): string {
  const where = isGlob(namespace) ? '' : namespace
  return isGlob(name) || name === '' ? `${where} ^${globPrefix(name)}` : `${where} ${name}`
}

/** Rules that speak of objects of one kind, found by the object's names. */
class KindRules {
  readonly #byKey = new Map<string, Placed[]>()
  /** How long the beginnings are by which names are looked up. */
  readonly #lengths: readonly number[]

  constructor(rules: readonly Placed[]) {
    const lengths = new Set<number>()
    for (const placed of rules) {
      const key = keyOf(placed.rule)
      const { name } = placed.rule
      if (isGlob(name) || name === '') lengths.add(globPrefix(name).length)
      const there = this.#byKey.get(key)
      if (there === undefined) this.#byKey.set(key, [placed])
      else there.push(placed)
    }
    this.#lengths = [...lengths]
  }

  of({ name, namespace }: Ref): readonly IgnoreRule[] {
    if (this.#byKey.size === 0) return NONE
    const found: Placed[] = []
    for (const where of namespace === '' ? [''] : ['', namespace]) {
      this.#collect(`${where} ${name}`, { name, namespace }, found)
      for (const length of this.#lengths)
        if (length <= name.length) this.#collect(`${where} ^${name.slice(0, length)}`, { name, namespace }, found)
    }
    return found.sort((a, b) => a.at - b.at).map(({ rule }) => rule)
  }

  #collect(key: string, ref: Pick<Ref, 'name' | 'namespace'>, into: Placed[]): void {
    for (const placed of this.#byKey.get(key) ?? [])
      if (placed.name(ref.name) && placed.namespace(ref.namespace)) into.push(placed)
  }
}

/** Rules, found by the object that they speak of. */
export class RuleBook {
  readonly all: readonly IgnoreRule[]
  /** Shipped rules that do not hold. */
  readonly switchedOff: ReadonlySet<string>
  /** What fields of custom resources are known to hold. */
  readonly knownTypes: readonly KnownTypeField[]
  #placed: readonly Placed[] | null = null
  readonly #byKind = new Map<string, KindRules>()

  constructor(
    rules: readonly IgnoreRule[],
    switchedOff: Iterable<string> = [],
    knownTypes: readonly KnownTypeField[] = [],
  ) {
    this.all = rules
    this.switchedOff = new Set(switchedOff)
    this.knownTypes = knownTypes
  }

  /** The same with other rules. */
  withRules(rules: readonly IgnoreRule[]): RuleBook {
    return new RuleBook(rules, this.switchedOff, this.knownTypes)
  }

  knownTypesOf(ref: GroupKind): readonly KnownTypeField[] {
    if (this.knownTypes.length === 0) return NO_FIELDS
    return this.knownTypes.filter(({ group, kind }) => globMatches(group, ref.group) && globMatches(kind, ref.kind))
  }

  /** Those that speak of this object, in the order in which they are written. */
  of(ref: Ref): readonly IgnoreRule[] {
    if (this.all.length === 0) return NONE
    const key = `${ref.group}/${ref.kind}`
    let rules = this.#byKind.get(key)
    if (rules === undefined) {
      rules = this.#ofKind(ref)
      this.#byKind.set(key, rules)
    }
    return rules.of(ref)
  }

  #ofKind({ group, kind }: Ref): KindRules {
    this.#placed ??= this.all.map(place)
    return new KindRules(this.#placed.filter((placed) => placed.group(group) && placed.kind(kind)))
  }
}

const NONE: readonly IgnoreRule[] = []
const NO_FIELDS: readonly KnownTypeField[] = []

export const NO_BOOK = new RuleBook([])
