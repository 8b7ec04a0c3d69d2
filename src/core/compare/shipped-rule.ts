// A shipped rule by its id, for people who ask why something was left alone.
import { BUILTIN_RULES } from './builtin-rules.ts'
import { DELEGATIONS } from './delegations.ts'

export interface ShippedRule {
  readonly id: string
  /** `delegated`: left to somebody else whom another object proves; `made`: what servers and controllers put there. */
  readonly is: 'delegated' | 'made' | 'default'
  readonly reason: string
  /** Where the fact is documented; null = seen on real servers. */
  readonly source: string | null
  readonly owner: string | null
}

/** Rules that comparison itself holds, without a row in a table. */
const OWN: readonly ShippedRule[] = [
  {
    id: 'builtin/schema-default',
    is: 'default',
    reason: 'the default that the schema of the kind declares',
    source:
      'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting',
    owner: 'kube-apiserver',
  },
  {
    id: 'builtin/server-form',
    is: 'made',
    reason: 'the server itself makes this of what Git declares: it answered so to a dry run',
    source: 'https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run',
    owner: 'kube-apiserver and admission',
  },
  {
    id: 'builtin/unstable-admission',
    is: 'made',
    reason: 'admission writes another value each time',
    source: null,
    owner: 'admission',
  },
  {
    id: 'builtin/server-written',
    is: 'made',
    reason: 'the server alone writes it, whatever Git says: identity, versions, times of the object, and its status',
    source: 'https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#objectmeta-v1-meta',
    owner: 'kube-apiserver',
  },
  {
    id: 'builtin/mark-deferred',
    is: 'made',
    reason: 'taking over changes no generation: the mark comes with the next write',
    source: 'docs/adr/0003-taking-over-a-deployment.md',
    owner: 'holdfast',
  },
  {
    id: 'builtin/tracking-mark',
    is: 'made',
    reason: 'compared with files, a mark on one side only is none: either side may never have been delivered',
    source: 'docs/reference/cli.md',
    owner: 'holdfast',
  },
]

const ALL: ReadonlyMap<string, ShippedRule> = new Map([
  ...OWN.map((rule) => [rule.id, rule] as const),
  ...BUILTIN_RULES.map(({ id, reason, owner, applies }) => {
    const is = applies === 'without-form' ? ('default' as const) : ('made' as const)
    return [id, { id, is, reason, source: null, owner }] as const
  }),
  ...DELEGATIONS.map(({ id, reason, source, owner }) => [id, { id, is: 'delegated', reason, source, owner }] as const),
])

/** undefined: the rule is a user's. */
export function shippedRule(id: string): ShippedRule | undefined {
  return ALL.get(id)
}
