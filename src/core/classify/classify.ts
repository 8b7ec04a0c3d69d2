// One difference × the live object's bookkeeping → its cause.
import type { FieldChange } from '../compare/index.ts'
import type { OwnedEntry, Ownership } from './ownership.ts'

export type DriftClass =
  | 'desired-configuration'
  | 'runtime-metadata'
  | 'controller-managed'
  | 'defaulting'
  | 'admission-mutation'
  | 'orphan'
  | 'missing'
  | 'delivery-failure'
  | 'unobserved'

/** `certain` comes from the audit log or our own record only; managedFields can be forged and are `likely` at best. */
export type Confidence = 'certain' | 'likely' | 'unknown'

export interface Actor {
  readonly user: string | null
  readonly manager: string | null
  readonly operation: 'Apply' | 'Update' | null
  readonly subresource: string | null
  /** ISO, 1 s grain; the server moves it when the manager changes a value, not when it removes one. */
  readonly time: string | null
}

export interface Evidence {
  readonly source: 'managedFields' | 'record' | 'object'
  readonly detail: string
  readonly time: string | null
}

export interface Cause {
  readonly class: DriftClass
  readonly actor: Actor
  /** How it came about: `kubectl`, `scale`, `controller`, `left-git`, `admission`, `unknown`. */
  readonly means: string
  readonly owner: string | null
  readonly confidence: Confidence
  readonly evidence: readonly Evidence[]
}

const NOBODY: Actor = { user: null, manager: null, operation: null, subresource: null, time: null }

function actorOf({ entry }: OwnedEntry): Actor {
  return {
    user: null,
    manager: entry.manager ?? null,
    operation: entry.operation ?? null,
    subresource: entry.subresource === undefined || entry.subresource === '' ? null : entry.subresource,
    time: entry.time ?? null,
  }
}

function meansOf({ entry }: OwnedEntry): string {
  if (entry.subresource === 'scale') return 'scale'
  if (entry.manager?.startsWith('kubectl') === true) return 'kubectl'
  return 'client'
}

function unknown(driftClass: DriftClass, means: string, detail: string): Cause {
  const evidence: Evidence[] = detail === '' ? [] : [{ source: 'managedFields', detail, time: null }]
  return { class: driftClass, actor: NOBODY, means, owner: null, confidence: 'unknown', evidence }
}

/** The one that wrote last, unless two did in the same second: then nobody is named. */
function lastWriter(candidates: readonly OwnedEntry[]): OwnedEntry | undefined {
  const sorted = [...candidates].sort((a, b) => ((a.entry.time ?? '') < (b.entry.time ?? '') ? 1 : -1))
  const [first, second] = sorted
  return second !== undefined && second.entry.time === first?.entry.time ? undefined : first
}

function named(writer: OwnedEntry): Cause {
  const actor = actorOf(writer)
  const where = actor.subresource === null ? '' : ` (${actor.subresource})`
  return {
    class: 'desired-configuration',
    actor,
    means: meansOf(writer),
    owner: null,
    confidence: 'likely',
    evidence: [
      {
        source: 'managedFields',
        detail: `owned by ${actor.manager ?? 'an unnamed manager'}|${actor.operation ?? ''}${where}`,
        time: actor.time,
      },
    ],
  }
}

function withoutWriter(field: FieldChange, ownership: Ownership, owners: readonly OwnedEntry[]): Cause {
  // Nobody owns it, but a deliverer says in its own annotation that it put it there: it left Git since.
  if (field.change === 'added' && owners.length === 0 && ownership.lastApplied(field.path))
    return unknown('desired-configuration', 'left-git', 'in last-applied-configuration, no longer in Git')
  if (ownership.empty) return unknown('desired-configuration', 'unknown', 'managedFields are empty')
  if (owners.some((owner) => owner.ours)) {
    if (field.change === 'added')
      return unknown('desired-configuration', 'left-git', 'applied by Holdfast before, no longer in Git')
    return unknown('admission-mutation', 'admission', 'still owned by Holdfast: the server stores another value')
  }
  return unknown(
    'desired-configuration',
    'unknown',
    field.change === 'removed' ? 'a removal leaves no owner' : 'nobody owns this path',
  )
}

/** Names the author of one field's difference, or says honestly that nobody is known. */
export function classifyField(field: FieldChange, ownership: Ownership): Cause {
  const owners = ownership.owners(field.path)
  const others = owners.filter((owner) => !owner.ours)
  const people = others.filter((owner) => !owner.deliverer)
  // A removed leaf is still listed by nobody who removed it; an owner of what surrounds it proves nothing.
  if (field.change === 'removed') return withoutWriter(field, ownership, owners)
  const writer = lastWriter(people)
  if (writer !== undefined) return named(writer)
  const deliverer = people.length === 0 ? lastWriter(others) : undefined
  if (deliverer === undefined) return withoutWriter(field, ownership, owners)
  if (deliverer.entry.manager === 'before-first-apply')
    return unknown('desired-configuration', 'unknown', 'written before ownership was kept')
  const cause = named(deliverer)
  return field.change === 'added' ? { ...cause, means: 'left-git' } : cause
}

/** The cause of a whole object's absence or surplus. */
export function classifyObject(kind: 'missing' | 'extra'): Cause {
  return kind === 'missing' ? unknown('missing', 'unknown', '') : unknown('orphan', 'left-git', '')
}
