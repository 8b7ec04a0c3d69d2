// Who else may write a path: decided by objects as evidence, never by a manager's name alone.
import { globMatches } from '../definition/index.ts'
import type { FieldPath, Json } from '../kube/index.ts'
import { isDelegatedValue } from './delegated-value.ts'
import type { DelegationRule, EvidenceTest } from './delegation.ts'
import { kindsNeeded, proof } from './evidence.ts'
import type { Subject } from './subject.ts'
import type { ChangeKind, Explanation } from './types.ts'

export interface CompiledDelegation {
  readonly rule: DelegationRule
  readonly segments: readonly string[]
}

/** Rules for one kind, by last segment. */
export type DelegationIndex = ReadonlyMap<string, readonly CompiledDelegation[]>

/** A difference that somebody else may be responsible for. */
export interface Suspect {
  readonly path: FieldPath
  readonly change: ChangeKind
  readonly desired: Json | undefined
  readonly live: Json | undefined
}

export interface DelegationContext {
  readonly index: DelegationIndex
  readonly subject: Subject
  readonly managersOf: (path: FieldPath) => readonly string[]
  /** Bookkeeping that we once wrote is gone: names that are missing accuse as well. */
  readonly emptied: boolean
  /** Delegation rules that the user switched off. */
  readonly off: ReadonlySet<string>
  /** Kinds that would have to be looked at to decide. */
  readonly wanted: Set<string>
}

/** Managers that name nobody: Holdfast, and what the server calls the owner of what it had not tracked before. */
const NOBODY: readonly string[] = ['', 'holdfast', 'before-first-apply']

const ADDED: readonly ChangeKind[] = ['added']

const NO_RULES: readonly CompiledDelegation[] = []

/** Evidence that names no object as the owner: the rule says who it is. */
const IMPERSONAL: ReadonlySet<EvidenceTest['is']> = new Set(['declared', 'own-kind', 'namespace', 'present'])

function fits(segments: readonly string[], path: FieldPath): boolean {
  return (
    segments.length === path.length &&
    segments.every((segment, index) => {
      const element = path[index]
      return segment === '*' || (element?.kind === 'field' && element.name === segment)
    })
  )
}

function isMember({ members }: DelegationRule, path: FieldPath): boolean {
  if (members === undefined) return true
  const last = path.at(-1)
  return last?.kind === 'field' && members.some((glob) => globMatches(glob, last.name))
}

/** Managers that own the path and are somebody. */
export function named(path: FieldPath, { managersOf }: Pick<DelegationContext, 'managersOf'>): readonly string[] {
  return managersOf(path).filter((name) => !NOBODY.includes(name))
}

function isAccused(rule: DelegationRule, path: FieldPath, context: DelegationContext): boolean {
  const { writers } = rule
  if (writers === null) return false
  if (context.emptied) return true
  const names = named(path, context)
  if (rule.named === true && names.length === 0) return true
  return names.some((name) => !writers.some((glob) => globMatches(glob, name)))
}

function applies({ rule, segments }: CompiledDelegation, suspect: Suspect, context: DelegationContext): boolean {
  return (
    fits(segments, suspect.path) &&
    (rule.changes ?? ADDED).includes(suspect.change) &&
    isMember(rule, suspect.path) &&
    isDelegatedValue(rule.value, suspect, context.subject.ref) &&
    !isAccused(rule, suspect.path, context)
  )
}

function candidates({ path }: Suspect, { index }: DelegationContext): readonly CompiledDelegation[] {
  const last = path.at(-1)
  const named = (last?.kind === 'field' ? index.get(last.name) : undefined) ?? NO_RULES
  const any = index.get('*') ?? NO_RULES
  return any.length === 0 ? named : [...named, ...any]
}

/** The rule that leaves this to somebody else, with the object that proves it. */
export function delegated(suspect: Suspect, context: DelegationContext): Explanation | undefined {
  if (context.index.size === 0) return undefined
  const { known } = context.subject.neighbours
  for (const candidate of candidates(suspect, context)) {
    if (context.off.has(candidate.rule.id) || !applies(candidate, suspect, context)) continue
    const { rule } = candidate
    const owner = proof(rule.evidence, suspect, context.subject)
    if (owner !== null)
      return {
        rule: rule.id,
        owner: IMPERSONAL.has(rule.evidence.is) ? rule.owner : owner,
        carry: true,
        confidence: 'likely',
      }
    for (const kind of kindsNeeded(rule.evidence)) if (known?.has(kind) === false) context.wanted.add(kind)
  }
  return undefined
}
