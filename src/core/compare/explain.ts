// Which shipped rule explains a value that only live has?
import type { FieldPath, Json, JsonMap, KubeObject, ObjectRef } from '../kube/index.ts'
import { BUILTIN_RULES, POD_SPEC } from './builtin-rules.ts'
import type { Locator } from './locate.ts'
import type { CompiledDelegation, DelegationIndex } from './delegate.ts'
import type { DelegationRule } from './delegation.ts'
import { DELEGATIONS } from './delegations.ts'
import type { BuiltinRule } from './rule.ts'
import { holds, memberAt } from './value-test.ts'

interface CompiledRule {
  readonly rule: BuiltinRule
  readonly segments: readonly string[]
}

/** Rules for one kind, by last segment: a lookup instead of a scan. */
export interface RuleIndex {
  /** Where values stand that the server chooses only if nobody else does. */
  readonly chosen: readonly (readonly string[])[]
  readonly byTail: ReadonlyMap<string, readonly CompiledRule[]>
  readonly delegations: DelegationIndex
  /** Where the pod template stands in this kind; null when it has none. */
  readonly template: readonly string[] | null
}

/** `a."b.c".*` → ['a', 'b.c', '*'] */
function segmentsOf(path: string): string[] {
  return [...path.matchAll(/"([^"]*)"|([^."]+)/g)].map((match) => match[1] ?? match[2] ?? '')
}

function expand(path: string, podSpec: readonly string[] | undefined): readonly string[] | null {
  const segments = segmentsOf(path)
  if (segments[0] === '@pod') return podSpec === undefined ? null : [...podSpec, ...segments.slice(1)]
  if (segments[0] === '@template') return podSpec === undefined ? null : [...podSpec.slice(0, -1), ...segments.slice(1)]
  return segments
}

function indexDelegations(kindName: string, rules: readonly DelegationRule[]): DelegationIndex {
  const podSpec = Object.hasOwn(POD_SPEC, kindName) ? POD_SPEC[kindName] : undefined
  const index = new Map<string, CompiledDelegation[]>()
  for (const rule of rules) {
    const forPods = rule.kinds.includes('@pod') && podSpec !== undefined
    if (!forPods && !rule.kinds.includes(kindName)) continue
    for (const path of rule.paths) {
      const segments = expand(path, podSpec)
      if (segments === null) continue
      const tail = segments.at(-1) as string
      index.set(tail, [...(index.get(tail) ?? []), { rule, segments }])
    }
  }
  return index
}

/** Compiles the shipped rules for one kind (`group/Kind`, core kinds as `Kind`). */
export function indexRules(kindName: string, rules: readonly BuiltinRule[] = BUILTIN_RULES): RuleIndex {
  const podSpec = Object.hasOwn(POD_SPEC, kindName) ? POD_SPEC[kindName] : undefined
  const byTail = new Map<string, CompiledRule[]>()
  for (const rule of rules) {
    const forPods = rule.kinds.includes('@pod') && podSpec !== undefined
    if (!forPods && !rule.kinds.includes(kindName) && !rule.kinds.includes('*')) continue
    const segments = expand(rule.path, podSpec)
    if (segments === null) continue
    const tail = segments.at(-1) as string
    byTail.set(tail, [...(byTail.get(tail) ?? []), { rule, segments }])
  }
  const chosen = [...byTail.values()].flat().filter(({ rule }) => rule.unlessOwned === true)
  return {
    byTail,
    chosen: chosen.map(({ segments }) => segments),
    delegations: indexDelegations(kindName, DELEGATIONS),
    template: podSpec?.slice(0, -1) ?? null,
  }
}

export function kindName(ref: Pick<ObjectRef, 'group' | 'kind'>): string {
  return ref.group === '' ? ref.kind : `${ref.group}/${ref.kind}`
}

function matches(segments: readonly string[], path: FieldPath): boolean {
  if (segments.length !== path.length) return false
  for (let index = 0; index < segments.length; index++) {
    if (segments[index] === '*') continue
    const element = path[index]
    if (element?.kind !== 'field' || element.name !== segments[index]) return false
  }
  return true
}

export interface ExplainContext {
  readonly index: RuleIndex
  readonly desired: KubeObject
  readonly live: KubeObject
  readonly locate: Locator
  /** Static defaults stand in only while the server's own form is unknown. */
  readonly hasForm: boolean
  /** Shipped rules that the user switched off. */
  readonly off: ReadonlySet<string>
  /** Did somebody write this on purpose? */
  readonly owned: (path: FieldPath) => boolean
}

/** A value that only live has, with the map that it stands in. */
export interface Addition {
  readonly path: FieldPath
  readonly value: Json
  readonly parent: JsonMap | null
}

function applies(rule: BuiltinRule, context: ExplainContext): boolean {
  if (rule.applies === 'without-form' && context.hasForm) return false
  if (rule.whenDesired !== undefined && memberAt(context.desired, rule.whenDesired) === undefined) return false
  if (rule.unlessDesired !== undefined && memberAt(context.desired, rule.unlessDesired) !== undefined) return false
  const { whenLive } = rule
  return whenLive === undefined || memberAt(context.live, whenLive.path) === whenLive.value
}

const NO_RULES: readonly CompiledRule[] = []

/** The rule that explains what desired does not declare; undefined when none does. */
export function ruleFor(addition: Addition, context: ExplainContext): BuiltinRule | undefined {
  const last = addition.path.at(-1)
  if (last === undefined) return undefined
  const { byTail } = context.index
  const named = (last.kind === 'field' ? byTail.get(last.name) : undefined) ?? NO_RULES
  return firstThatHolds(named, addition, context) ?? firstThatHolds(byTail.get('*') ?? NO_RULES, addition, context)
}

function firstThatHolds(
  rules: readonly CompiledRule[],
  addition: Addition,
  context: ExplainContext,
): BuiltinRule | undefined {
  for (const { rule, segments } of rules) {
    if (!matches(segments, addition.path) || !applies(rule, context) || context.off.has(rule.id)) continue
    if (rule.unlessOwned === true && context.owned(addition.path)) continue
    const last = addition.path.at(-1)
    const name = last?.kind === 'field' ? last.name : ''
    const { path, value, parent } = addition
    const { desired, live, locate } = context
    if (holds(rule.value, { name, path, value, parent, desired, live, locate })) return rule
  }
  return undefined
}
