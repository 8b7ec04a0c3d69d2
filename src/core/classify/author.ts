// What the audit log says of a difference, put over what managedFields say of it.
import type { Fact } from '../audit/index.ts'
import type { Attribution, Window } from './attribute.ts'
import { type Actor, type ActorKind, type Cause, causeOf, type Evidence, NOBODY } from './cause.ts'
import type { WriterSettings } from '../definition/index.ts'
import { userKind, writerOf } from './writers.ts'

const iso = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString())

interface Judging {
  readonly writers: WriterSettings
  readonly window: Window | null
}

function operationOf({ verb, apply }: Fact): Actor['operation'] {
  if (apply === null || verb === 'delete' || verb === 'deletecollection') return null
  return apply ? 'Apply' : 'Update'
}

/** Of two who acted as one, the one that was acted as tells what it is. */
function kindOf({ user, groups, impersonatedUser }: Fact, writers: WriterSettings): ActorKind {
  return userKind(impersonatedUser ?? user, impersonatedUser === null ? groups : [], writers)
}

function actorOf(fact: Fact, kind: ActorKind): Actor {
  const { target, verb } = fact
  return {
    user: fact.user,
    manager: fact.manager === '' ? null : fact.manager,
    operation: operationOf(fact),
    subresource: target.subresource === '' ? null : target.subresource,
    time: iso(fact.time),
    kind,
    verb,
    groups: fact.groups,
    sourceIPs: fact.sourceIPs,
    userAgent: fact.userAgent,
    ...(fact.impersonatedUser === null ? {} : { impersonatedUser: fact.impersonatedUser }),
  }
}

/** `alice`, or `proxy as alice`. */
function nameOf({ user, impersonatedUser }: Fact): string {
  return impersonatedUser === null ? user : `${user} as ${impersonatedUser}`
}

function evidenceOf(fact: Fact, prefix = ''): Evidence {
  const { verb, target, userAgent, sourceIPs, auditID } = fact
  const what = target.subresource === '' ? target.resource : `${target.resource}/${target.subresource}`
  const whence = sourceIPs.length === 0 ? '' : ` from ${sourceIPs.join(', ')}`
  const how = userAgent === '' ? '' : ` by ${userAgent}`
  return {
    source: 'audit',
    detail: `${prefix}${nameOf(fact)}: ${verb} ${what}${whence}${how} (${auditID})`,
    time: iso(fact.time),
  }
}

type Told = Pick<Cause, 'means' | 'tool' | 'mechanism'>

/** What the tool is by its name; what it is not when a person claims the name of a machine. */
function toolOf(fact: Fact, kind: ActorKind, { writers }: Judging): Told {
  const operation = operationOf(fact)
  const { subresource } = fact.target
  const writer = writerOf({ manager: fact.manager, subresource, ...(operation === null ? {} : { operation }) }, writers)
  if (kind === 'person') {
    const forged = writer.kind === 'machine'
    return { means: forged ? 'client' : writer.means, tool: forged ? null : writer.tool, mechanism: 'manual' }
  }
  const mechanism = writer.mechanism === 'unknown' && kind === 'machine' ? 'controller' : writer.mechanism
  return { means: writer.means, tool: writer.tool, mechanism }
}

/** It is Git that moved, as far as is known: who wrote what it moved away from is no author of it. */
function isGits({ source }: Cause, { window }: Judging): boolean {
  return window === null && (source === 'git' || source === 'generator')
}

/** A controller whose name the bookkeeping gives, with what it is known to own, is told as it is found. */
function isKnownOwner(found: Cause, { manager }: Fact): boolean {
  return found.owner !== null && found.mechanism === 'controller' && found.actor.manager === manager
}

function byAuthor(
  found: Cause,
  { fact, confidence, earlier }: Extract<Attribution, { by: 'author' }>,
  judging: Judging,
): Cause {
  const evidence = [evidenceOf(fact), ...earlier.map((one) => evidenceOf(one, 'before that ')), ...found.evidence]
  if (isGits(found, judging) && found.class !== 'missing') return { ...found, evidence }
  const kind = kindOf(fact, judging.writers)
  const actor = actorOf(fact, kind)
  if (isKnownOwner(found, fact) && kind !== 'person') return { ...found, actor, confidence, evidence }
  const told = toolOf(fact, kind, judging)
  return causeOf({
    class: found.class === 'missing' ? 'missing' : 'desired-configuration',
    ...told,
    source: 'live',
    ...(told.means === 'restore' ? { fixBelongsIn: 'incident-process' as const } : {}),
    preExisting: found.preExisting,
    actor,
    confidence,
    evidence,
  })
}

function byAdmission(found: Cause, { mutation, fact }: Extract<Attribution, { by: 'admission' }>): Cause {
  const webhook = mutation === null ? null : `${mutation.configuration}/${mutation.webhook}`
  const detail =
    webhook === null
      ? `not asked for by the ${fact.verb} of ${nameOf(fact)}: one of the webhooks that changed it on its way in`
      : `written by webhook ${webhook} during the ${fact.verb} of ${nameOf(fact)}`
  return causeOf({
    class: 'admission-mutation',
    actor: webhook === null ? NOBODY : { ...NOBODY, manager: webhook, kind: 'machine' },
    means: 'admission',
    tool: webhook,
    mechanism: 'controller',
    source: 'live',
    owner: mutation === null ? found.owner : `MutatingWebhookConfiguration ${mutation.configuration}`,
    confidence: webhook === null ? 'unknown' : 'certain',
    evidence: [{ source: 'audit', detail: `${detail} (${fact.auditID})`, time: iso(fact.time) }, ...found.evidence],
  })
}

/** The cause with its author, as far as the audit log knows him. */
export function withAttribution(found: Cause, attribution: Attribution | null, judging: Judging): Cause {
  switch (attribution?.by) {
    case 'author':
      return byAuthor(found, attribution, judging)
    case 'admission':
      return byAdmission(found, attribution)
    case 'nobody':
      return { ...found, evidence: [{ source: 'audit', detail: attribution.why, time: null }, ...found.evidence] }
    case 'ours':
    case undefined:
      return found
    default:
      return attribution satisfies never
  }
}
