// Many rules, many objects: which speak of which, without asking each about each.
import type { ObjectRef } from '../kube/index.ts'
import { globMatches, isGlob } from './glob.ts'
import type { IgnoreRule } from './types.ts'

type Ref = Omit<ObjectRef, 'version'>

/** Whether the rule speaks about this object. Group '' is the core group only; group and kind may be `*`. */
export function ruleMatches(rule: IgnoreRule, ref: Ref): boolean {
  return (
    globMatches(rule.group, ref.group) &&
    globMatches(rule.kind, ref.kind) &&
    (rule.name === '' || globMatches(rule.name, ref.name)) &&
    (rule.namespace === '' || globMatches(rule.namespace, ref.namespace))
  )
}

interface Placed {
  readonly rule: IgnoreRule
  /** Rules hold in the order in which they are written. */
  readonly at: number
}

/** What of a rule can be looked up: its kind and its name, where neither is a glob. */
function keyOf({ group, kind, name }: Pick<IgnoreRule, 'group' | 'kind' | 'name'>): string {
  const kindKey = isGlob(group) || isGlob(kind) ? '*' : `${group}/${kind}`
  return name === '' || isGlob(name) ? kindKey : `${kindKey} ${name}`
}

/** Rules, found by the object that they speak of. */
export class RuleBook {
  readonly all: readonly IgnoreRule[]
  /** Shipped rules that do not hold. */
  readonly switchedOff: ReadonlySet<string>
  readonly #byKey = new Map<string, Placed[]>()

  constructor(rules: readonly IgnoreRule[], switchedOff: readonly string[] = []) {
    this.all = rules
    this.switchedOff = new Set(switchedOff)
    for (const [at, rule] of rules.entries()) {
      const key = keyOf(rule)
      const there = this.#byKey.get(key)
      if (there === undefined) this.#byKey.set(key, [{ rule, at }])
      else there.push({ rule, at })
    }
  }

  /** Those that speak of this object, in the order in which they are written. */
  of(ref: Ref): readonly IgnoreRule[] {
    if (this.#byKey.size === 0) return NONE
    const kind = `${ref.group}/${ref.kind}`
    const found = [kind, `${kind} ${ref.name}`, '*', `* ${ref.name}`]
      .flatMap((key) => this.#byKey.get(key) ?? [])
      .filter(({ rule }) => ruleMatches(rule, ref))
    return found.length < 2 ? found.map(({ rule }) => rule) : found.sort((a, b) => a.at - b.at).map(({ rule }) => rule)
  }
}

const NONE: readonly IgnoreRule[] = []

export const NO_BOOK = new RuleBook([])
