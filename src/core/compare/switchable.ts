// Every shipped rule that a user can switch off, for those who ask what explains things without being asked.
import { BUILTIN_RULES } from './builtin-rules.ts'
import { DELEGATIONS } from './delegations.ts'

export interface SwitchableRule {
  readonly id: string
  readonly reason: string
  readonly owner: string | null
  /** `group/Kind`, `*`, or `@pod` for every kind with a pod template. */
  readonly kinds: readonly string[]
}

/** By id; the rows of one rule told once. */
export function switchableRules(): readonly SwitchableRule[] {
  const found = new Map<string, { reason: string; owner: string | null; kinds: Set<string> }>()
  for (const { id, reason, owner, kinds } of [...BUILTIN_RULES, ...DELEGATIONS]) {
    const known = found.get(id) ?? { reason, owner, kinds: new Set() }
    for (const kind of kinds) known.kinds.add(kind)
    found.set(id, known)
  }
  const schema = { reason: 'the default of a definition’s own schema', owner: 'kube-apiserver', kinds: new Set(['*']) }
  found.set('builtin/schema-default', schema)
  return [...found]
    .map(([id, { kinds, ...rest }]) => ({ id, ...rest, kinds: [...kinds].sort() }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}
