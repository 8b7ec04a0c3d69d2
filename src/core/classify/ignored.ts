// What was left alone: of which class it is, and whose.
import { type IgnoredChange, type ShippedRule, shippedRule } from '../compare/index.ts'
import type { DriftClass, Mechanism } from './cause.ts'
import { FIELD_MANAGER } from './ownership.ts'
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
    ownedBy: by(rule.owner === FIELD_MANAGER ? 'controller' : 'kubernetes', rule.owner ?? 'the API server', rule.id),
  }
}

const ADMISSION = /^Mutating(?:WebhookConfiguration|AdmissionPolicy) ./

/** Whoever wrote the rule says that admission puts it there: by kind and name, or by the name of one that is called. */
function isAdmission(owner: string, webhooks: readonly string[]): boolean {
  return ADMISSION.test(owner) || webhooks.some((webhook) => webhook.endsWith(` ${owner}`))
}

function declaredOwner({ rule, owner }: Left & { readonly owner: string }, webhooks: readonly string[]): IgnoredCause {
  const driftClass = isAdmission(owner, webhooks) ? 'admission-mutation' : 'controller-managed'
  return { class: driftClass, mechanism: 'controller', ownedBy: by('controller', owner, rule) }
}

type Left = Pick<IgnoredChange, 'rule' | 'owner'>

export function classifyIgnored(left: Left, webhooks: readonly string[]): IgnoredCause {
  const rule = shippedRule(left.rule)
  if (rule !== undefined) return shipped(left, rule, webhooks)
  const { owner } = left
  if (owner !== null) return declaredOwner({ ...left, owner }, webhooks)
  return { class: 'desired-configuration', mechanism: 'unknown', ownedBy: by('controller', null, left.rule) }
}
