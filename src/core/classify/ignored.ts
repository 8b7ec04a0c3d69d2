// What was left alone: of which class it is, and whose.
import { type IgnoredChange, type ShippedRule, shippedRule } from '../compare/index.ts'
import type { DriftClass, Mechanism } from './cause.ts'
import type { FieldOwner } from './responsibility.ts'

/** Of a difference that a rule explains: somebody means it. */
export interface IgnoredCause {
  readonly class: DriftClass
  readonly mechanism: Mechanism
  readonly ownedBy: FieldOwner
}

const by = (kind: FieldOwner['kind'], name: string | null, source: string): FieldOwner => ({
  kind,
  name,
  source,
  runbook: null,
})

function delegated({ rule, owner }: Left, { owner: writer }: ShippedRule): IgnoredCause {
  const named = owner === null || owner === writer ? writer : `${writer ?? ''} (${owner})`
  // An autoscaler or a producer is told by its own object, an injector by its makers' name.
  const name = writer === 'autoscaler' ? owner : named
  return { class: 'controller-managed', mechanism: 'controller', ownedBy: by('controller', name, rule) }
}

function serverForm({ rule }: Left, webhooks: readonly string[]): IgnoredCause {
  if (webhooks.length === 0)
    return { class: 'defaulting', mechanism: 'defaulting', ownedBy: by('kubernetes', 'kube-apiserver', rule) }
  return {
    class: 'admission-mutation',
    mechanism: 'controller',
    ownedBy: by('controller', webhooks.join(', '), rule),
  }
}

function shipped(left: Left, rule: ShippedRule, webhooks: readonly string[]): IgnoredCause {
  if (rule.id === 'builtin/server-form') return serverForm(left, webhooks)
  if (rule.id === 'builtin/unstable-admission')
    return {
      class: 'admission-mutation',
      mechanism: 'controller',
      ownedBy: by('controller', webhooks.join(', ') || 'admission', rule.id),
    }
  if (rule.is === 'delegated') return delegated(left, rule)
  if (rule.is === 'default')
    return { class: 'defaulting', mechanism: 'defaulting', ownedBy: by('kubernetes', rule.owner, rule.id) }
  return {
    class: 'runtime-metadata',
    mechanism: 'controller',
    ownedBy: by('kubernetes', rule.owner ?? 'the API server', rule.id),
  }
}

type Left = Pick<IgnoredChange, 'rule' | 'owner'>

export function classifyIgnored(left: Left, webhooks: readonly string[]): IgnoredCause {
  const rule = shippedRule(left.rule)
  if (rule !== undefined) return shipped(left, rule, webhooks)
  if (left.owner !== null)
    return { class: 'controller-managed', mechanism: 'controller', ownedBy: by('controller', left.owner, left.rule) }
  return { class: 'desired-configuration', mechanism: 'unknown', ownedBy: by('controller', null, left.rule) }
}
