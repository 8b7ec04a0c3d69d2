// One difference × the live object's bookkeeping × what is known around it → its cause.
import type { FieldChange } from '../compare/index.ts'
import { formatRef, isMap, type ObjectRef } from '../kube/index.ts'
import { type Actor, type Cause, causeOf, type Evidence, NOBODY } from './cause.ts'
import { attribute, attributeDeletion, type DeletionInput } from './attribute.ts'
import { withAttribution } from './author.ts'
import { bareContext, type CauseContext } from './context.ts'
import { type Delivery, type GeneratorChange, NOTHING_PENDING } from './delivery.ts'
import { isGitOps, type OwnedEntry, type Ownership } from './ownership.ts'
import { deliveredBy, operatorChain, scaledBy } from './surroundings.ts'
import { NO_WRITER_SETTINGS, type WriterSettings } from '../definition/index.ts'
import { type Writer, writerOf } from './writers.ts'

function actorOf({ entry }: OwnedEntry, { kind }: Writer): Actor {
  return {
    user: null,
    manager: entry.manager ?? null,
    operation: entry.operation ?? null,
    subresource: entry.subresource === undefined || entry.subresource === '' ? null : entry.subresource,
    time: entry.time ?? null,
    kind,
  }
}

const managed = (detail: string, time: string | null = null): Evidence => ({ source: 'managedFields', detail, time })

function entryText({ entry }: OwnedEntry): string {
  const where = (entry.subresource ?? '') === '' ? '' : ` (${entry.subresource})`
  return `${entry.manager ?? 'an unnamed manager'}|${entry.operation ?? ''}${where}`
}

/** What the server calls the owner of what it had not tracked before: nobody. */
const isSomebody = ({ entry, ours }: OwnedEntry): boolean => !ours && entry.manager !== 'before-first-apply'

type Authors =
  | { readonly is: 'one'; readonly writer: OwnedEntry }
  | { readonly is: 'several'; readonly writers: readonly OwnedEntry[] }
  | { readonly is: 'nobody' }

const NOBODY_KNOWN: Authors = { is: 'nobody' }

function newest(entries: readonly OwnedEntry[]): OwnedEntry | undefined {
  return entries.toSorted((a, b) => ((a.entry.time ?? '') < (b.entry.time ?? '') ? 1 : -1))[0]
}

/** One name, whatever the versions and operations under which it stands. */
function oneOf(entries: readonly OwnedEntry[]): Authors {
  const writer = newest(entries)
  if (writer === undefined) return NOBODY_KNOWN
  const others = entries.some(({ entry }) => entry.manager !== writer.entry.manager)
  return others ? { is: 'several', writers: entries } : { is: 'one', writer }
}

/** Texts in a map, such as labels: each is somebody's own, and whoever owns one did not write the next. */
function isMapOfTexts(value: unknown): value is Record<string, unknown> {
  return isMap(value) && Object.keys(value).length > 0 && Object.values(value).every((one) => typeof one === 'string')
}

function ownsAll({ paths }: OwnedEntry, field: FieldChange): boolean {
  const isItem = field.path.at(-1)?.kind !== 'field'
  if (isItem || !isMapOfTexts(field.live) || paths.hasSelfOrAncestor(field.path.slice(0, -1))) return true
  return Object.keys(field.live).every((name) => paths.has([...field.path, { kind: 'field', name }]))
}

/**
 * Who made it as it is. Owning the very path (or the atomic value around it) says so; owning something below says it only
 * of what was added whole: a list whose items were put in another order has owners of items and none of the order.
 */
function authorsOf(field: FieldChange, owners: readonly OwnedEntry[], ownership: Ownership): Authors {
  const exact = owners.filter(({ paths }) => paths.has(field.path) || ownership.holdsWhole(paths, field.path))
  const below = field.change === 'added' ? owners : []
  const found = oneOf(exact.length > 0 ? exact : below)
  if (found.is !== 'one' || field.change !== 'added' || ownsAll(found.writer, field)) return found
  return owners.length > 1 ? { is: 'several', writers: owners } : NOBODY_KNOWN
}

function leftGit(detail: string, source: Evidence['source']): Cause {
  return causeOf({
    class: 'desired-configuration',
    means: 'left-git',
    mechanism: 'git',
    source: 'git',
    evidence: [{ source, detail, time: null }],
  })
}

/** Why the generator is to blame: Git is where it was. */
function renderedOtherwise({ revision, before, now, moved }: GeneratorChange): Evidence[] {
  const detail = `revision ${revision} rendered otherwise than before (${before} → ${now})`
  return [detail, ...moved].map((text) => ({ source: 'git', detail: text, time: null }))
}

/** Git moved, or what is made of it, and live has what stood there before. */
function fromGit({ delivery }: CauseContext, evidence: readonly Evidence[]): Cause {
  const { generator, revision, delivered } = delivery
  const common = { class: 'desired-configuration', intended: true } as const
  if (generator !== null) {
    return causeOf({
      ...common,
      means: 'generator',
      mechanism: 'generator',
      source: 'generator',
      evidence: [...renderedOtherwise(generator), ...evidence],
    })
  }
  const detail = `revision ${revision} is not brought in yet${delivered === '' ? '' : ` (last: ${delivered})`}`
  const told: Evidence = { source: 'git', detail, time: null }
  return causeOf({ ...common, means: 'git', mechanism: 'git', source: 'git', evidence: [told, ...evidence] })
}

function admission({ webhooks }: CauseContext): Cause {
  const suspects = webhooks.map(
    (name): Evidence => ({
      source: 'webhook',
      detail: `${name} is called for this object`,
      time: null,
    }),
  )
  return causeOf({
    class: 'admission-mutation',
    means: 'admission',
    tool: webhooks.length === 1 ? (webhooks[0] ?? null) : null,
    mechanism: 'controller',
    source: 'live',
    owner: webhooks.length === 1 ? (webhooks[0] ?? null) : null,
    evidence: [managed('still owned by Holdfast: the server stores another value'), ...suspects],
  })
}

function unknownAuthor(detail: string, more: readonly Evidence[] = []): Cause {
  return causeOf({
    class: 'desired-configuration',
    means: 'unknown',
    mechanism: 'unknown',
    source: 'unknown',
    evidence: [...(detail === '' ? [] : [managed(detail)]), ...more],
  })
}

/** Of what Holdfast itself still owns: nobody else wrote it. */
function stillOurs(field: FieldChange, context: CauseContext): Cause {
  if (field.change === 'added') return leftGit('applied by Holdfast before, no longer in Git', 'managedFields')
  return context.delivery.pending ? fromGit(context, []) : admission(context)
}

function withoutWriter(field: FieldChange, ownership: Ownership, context: CauseContext): Cause {
  const owners = ownership.owners(field.path)
  // Nobody owns it, but a deliverer says in its own annotation that it put it there: it left Git since.
  if (field.change === 'added' && owners.length === 0 && ownership.lastApplied(field.path))
    return leftGit('in last-applied-configuration, no longer in Git', 'lastApplied')
  if (ownership.empty) return unknownAuthor('managedFields are empty')
  if (owners.some((owner) => owner.ours)) return stillOurs(field, context)
  if (context.delivery.pending && field.change !== 'added') return fromGit(context, [])
  if (owners.some(({ entry }) => entry.manager === 'before-first-apply'))
    return unknownAuthor('written before ownership was kept')
  return unknownAuthor(field.change === 'removed' ? 'a removal leaves no owner' : 'nobody owns this path')
}

/** The writer as the table knows him, or as the autoscaler that the count belongs to. */
function meansOf(
  writer: OwnedEntry,
  context: CauseContext,
): Pick<Cause, 'means' | 'tool' | 'mechanism' | 'owner'> & {
  readonly evidence: readonly Evidence[]
} {
  const autoscaler = scaledBy(writer, context)
  if (autoscaler !== null) {
    const evidence: Evidence = { source: 'autoscaler', detail: `${autoscaler} targets it`, time: null }
    return { means: 'autoscaler', tool: autoscaler, mechanism: 'controller', owner: autoscaler, evidence: [evidence] }
  }
  const { means, tool, mechanism } = writerOf(writer.entry, context.writers)
  const delivered = deliveredBy({ means, tool }, context)
  const chain = mechanism === 'manual' ? [] : operatorChain(context)
  const evidence = [...(delivered?.evidence ?? []), ...chain.map((link) => link.evidence)]
  const owner = mechanism === 'controller' ? (chain.at(-1)?.owner ?? null) : null
  return { means, tool: delivered?.tool ?? tool, mechanism, owner, evidence }
}

function named(writer: OwnedEntry, context: CauseContext): Cause {
  const actor = actorOf(writer, writerOf(writer.entry, context.writers))
  const { evidence, ...told } = meansOf(writer, context)
  return causeOf({
    class: 'desired-configuration',
    actor,
    ...told,
    source: 'live',
    ...(told.means === 'restore' ? { fixBelongsIn: 'incident-process' as const } : {}),
    confidence: 'likely',
    evidence: [managed(`owned by ${entryText(writer)}`, actor.time), ...evidence],
  })
}

/** Written after whoever delivers this object brought in Git's state: by hand, with a tool that delivers elsewhere. */
function isAfterwards(writer: OwnedEntry, { ours, entries }: Ownership): boolean {
  if (isGitOps(writer.entry)) return false
  const principal = ours ?? newest(entries.filter(({ entry }) => isGitOps(entry)))
  if (principal === undefined || principal === writer || principal.entry.manager === writer.entry.manager) return false
  return (writer.entry.time ?? '') > (principal.entry.time ?? '')
}

/** A deliverer's value that Git no longer has, or has otherwise by now. */
function byDeliverer(
  field: FieldChange,
  writer: OwnedEntry,
  about: { ownership: Ownership; context: CauseContext },
): Cause {
  const { ownership, context } = about
  const cause = named(writer, context)
  if (isAfterwards(writer, ownership)) return cause
  if (field.change === 'added')
    return { ...cause, means: 'left-git', mechanism: 'git', source: 'git', fixBelongsIn: 'repository' }
  if (!context.delivery.pending) return cause
  const before = managed(`live still has what ${entryText(writer)} brought in`, cause.actor.time)
  return { ...fromGit(context, [before]), actor: cause.actor, confidence: cause.confidence }
}

function written(field: FieldChange, ownership: Ownership, context: CauseContext): Cause {
  const owners = ownership.owners(field.path)
  // A removed leaf is still listed by nobody who removed it; an owner of what surrounds it proves nothing.
  if (field.change === 'removed') return withoutWriter(field, ownership, context)
  const others = owners.filter(isSomebody)
  const people = others.filter((owner) => !owner.deliverer)
  const authors = authorsOf(field, people.length > 0 ? people : others, ownership)
  if (authors.is === 'several') {
    const names = [...new Set(authors.writers.map(entryText))].sort().join(', ')
    return unknownAuthor(`owned by ${names}: which of them wrote it cannot be told`)
  }
  if (authors.is === 'nobody') {
    const inside = [...new Set(people.map(entryText))].sort().join(', ')
    if (inside === '') return withoutWriter(field, ownership, context)
    return unknownAuthor(`parts of it are owned by ${inside}, the whole by nobody`)
  }
  const { writer } = authors
  return writer.deliverer ? byDeliverer(field, writer, { ownership, context }) : named(writer, context)
}

/** What the last client-side apply declared there; its values stay where they are. */
function lastApplied(field: FieldChange, ownership: Ownership): Evidence[] {
  const applied = ownership.lastAppliedTo(field)
  if (applied === null) return []
  return [{ source: 'lastApplied', detail: LAST_APPLIED[applied], time: null }]
}

const LAST_APPLIED = {
  'as-live': 'the last client-side apply declared what live has',
  'as-git': 'the last client-side apply declared what Git has: changed since',
  other: 'the last client-side apply declared a third value',
  nothing: 'the last client-side apply declared nothing here',
} as const

/** A sync that failed explains what it left behind; nobody is accused of it. */
function asFailure(cause: Cause, { delivery, ref }: CauseContext): Cause {
  const { failed, pending } = delivery
  if (failed === null || !pending || cause.mechanism !== 'git') return cause
  const own = formatRef(ref)
  const [itself, others] = [true, false].map((is) => failed.refused.filter(({ object }) => (object === own) === is))
  const refused = [...(itself ?? []), ...(others ?? [])]
    .slice(0, 3)
    .map(({ object, message }) => `${object} was refused: ${message}`)
  const what = refused.length === 0 ? failed.message : refused.join('; ')
  const detail = `the sync of ${failed.revision} begun at ${failed.id} failed midway: ${what}`
  return {
    ...cause,
    class: 'delivery-failure',
    actor: NOBODY,
    confidence: 'unknown',
    means: 'failed-sync',
    mechanism: 'failure',
    source: 'git',
    fixBelongsIn: failed.refused.some(({ message }) => /forbidden/i.test(message)) ? 'permissions' : 'repository',
    evidence: [{ source: 'sync', detail, time: failed.id }, ...cause.evidence],
  }
}

/** The audit log knows better than bookkeeping that any writer may forge or empty. */
function byAudit(
  cause: Cause,
  { field, ownership }: { readonly field: FieldChange; readonly ownership: Ownership },
  { audit, live, writers }: CauseContext,
): Cause {
  if (audit === undefined || live === null || audit.facts.facts.length === 0) return cause
  // Who owns what surrounds a removed leaf proves nothing.
  const owners = field.change === 'removed' ? [] : ownership.owners(field.path).filter(({ ours }) => !ours)
  return withAttribution(cause, attribute({ ...audit, live, field, owners }), { writers, window: audit.window })
}

/** Names the author of one field's difference, or says honestly that nobody is known. */
export function classifyField(
  field: FieldChange,
  ownership: Ownership,
  context: CauseContext = bareContext(NO_REF, null),
): Cause {
  const cause = byAudit(asFailure(written(field, ownership, context), context), { field, ownership }, context)
  const applied = lastApplied(field, ownership)
  return applied.length === 0 ? cause : { ...cause, evidence: [...cause.evidence, ...applied] }
}

const NO_REF: ObjectRef = { group: '', version: '', kind: '', namespace: '', name: '' }

export interface WholeContext {
  readonly ref: ObjectRef
  readonly delivery: Delivery
  readonly writers: WriterSettings
  /** Of what is missing; absent = no audit log is read. */
  readonly deletion?: DeletionInput
}

const NOTHING_KNOWN: WholeContext = { ref: NO_REF, delivery: NOTHING_PENDING, writers: NO_WRITER_SETTINGS }

/** Delivered before and not declared any more: Git took it back, or it is no longer made of Git. */
function leftBehind({ generator }: Delivery): Cause {
  if (generator === null) return causeOf({ class: 'orphan', means: 'left-git', mechanism: 'git', source: 'git' })
  const evidence = renderedOtherwise(generator)
  return causeOf({ class: 'orphan', means: 'generator', mechanism: 'generator', source: 'generator', evidence })
}

/** The cause of a whole object's absence or surplus. */
export function classifyObject(
  kind: 'missing' | 'extra',
  { ref, delivery, writers, deletion }: WholeContext = NOTHING_KNOWN,
): Cause {
  const context = { ...bareContext(ref, null), delivery }
  if (kind === 'extra') return leftBehind(delivery)
  const found = delivery.pending
    ? asFailure({ ...fromGit(context, []), class: 'missing' }, context)
    : causeOf({ class: 'missing', means: 'unknown', mechanism: 'unknown', source: 'unknown' })
  if (deletion === undefined) return found
  return withAttribution(found, attributeDeletion(deletion), { writers, window: null })
}
