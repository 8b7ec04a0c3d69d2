// Which of these live objects does nobody declare? Their metadata is enough.
import type { Settings } from '../definition/index.ts'
import { isMap, type KubeObject, objectKey, refOf } from '../kube/index.ts'
import { claimsOf } from './claims.ts'
import { isLookedAt, isMade } from './made.ts'
import { type Known, ownerOf } from './owners.ts'
import type { Claim, Deliveries, Orphan, OrphanReason } from './types.ts'

const groupKind = (object: KubeObject): string => {
  const { group, kind } = refOf(object)
  return `${group}/${kind}`
}

/** Whoever wrote first under his own name; null where nobody can be named. */
function writerOf({ metadata }: KubeObject): Orphan['writer'] {
  const entries: unknown = metadata.managedFields
  const named = (Array.isArray(entries) ? entries : []).flatMap((entry: unknown) => {
    if (!isMap(entry) || typeof entry.manager !== 'string' || entry.manager === '') return []
    if (entry.subresource !== undefined && entry.subresource !== '') return []
    return [{ manager: entry.manager, time: typeof entry.time === 'string' ? entry.time : null }]
  })
  const [first] = named.sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
  return first ?? null
}

/** What a claim proves: it is delivered, or why it is not; null = the claim says nothing. */
function judged(claim: Claim, { present, complete, unseen }: Deliveries): 'delivered' | OrphanReason | null {
  if (claim.mark === 'copied') return 'copied-mark'
  const there = present.has(claim.name)
  // Any chart may write this label: of a name that no application has it says nothing.
  if (claim.mark === 'label') return there ? (complete.has(claim.name) ? 'marked' : 'delivered') : null
  if (claim.name.startsWith('another installation') || unseen.has(claim.tool)) return 'delivered'
  if (!there) return 'deliverer-gone'
  return complete.has(claim.name) ? 'marked' : 'delivered'
}

function reasonOf(key: string, claims: readonly Claim[], deliveries: Deliveries): [OrphanReason, string | null] | null {
  const left = deliveries.left.get(key)
  if (left !== undefined) return ['left-git', left]
  const verdicts = claims.map((claim) => [judged(claim, deliveries), claim.name] as const)
  if (verdicts.some(([verdict]) => verdict === 'delivered')) return null
  const said = verdicts.find(([verdict]) => verdict !== null && verdict !== 'delivered')
  const claimedBy = said?.[1] ?? null
  if (deliveries.pruned.has(key)) return ['returned', claimedBy]
  return said === undefined ? ['undeclared', null] : [said[0] as OrphanReason, claimedBy]
}

/** Owner chains are short: what leads on for longer leads nowhere. */
const LONGEST_CHAIN = 8

/** It belongs to something that is looked at in its own right, or that could not be looked at. */
function isOwned(object: KubeObject, known: Known): boolean {
  let at = object
  for (let step = 0; step < LONGEST_CHAIN; step += 1) {
    const owner = ownerOf(at, known)
    if (owner === 'elsewhere') return true
    if (owner === null) return step > 0
    // What the server makes owns nothing: a reference to it explains nothing.
    if (isMade(owner, groupKind(owner))) return false
    at = owner
  }
  return false
}

/** Somebody delivers it, makes it, or owns it. */
function isExplained(object: KubeObject, { held, left }: Deliveries, known: Known): boolean {
  const key = objectKey(object)
  if (held.has(key)) return true
  if (left.has(key)) return false
  const { group, kind } = refOf(object)
  return isOwned(object, known) || isMade(object, groupKind(object)) || !isLookedAt(group, kind)
}

export function orphanOf(object: KubeObject, reason: Pick<Orphan, 'why' | 'claimedBy' | 'pruned'>): Orphan {
  const createdAt = object.metadata.creationTimestamp ?? null
  return { ref: refOf(object), ...reason, createdAt, writer: writerOf(object) }
}

/** Those that nobody declares, in the order given. An object of an orphan is not told again: the orphan is. */
export function findOrphans(
  objects: readonly KubeObject[],
  settings: Settings,
  deliveries: Deliveries,
): readonly Orphan[] {
  const known: Known = {
    byUid: new Map(objects.flatMap((object) => (object.metadata.uid ? [[object.metadata.uid, object] as const] : []))),
    byKey: new Map(objects.map((object) => [objectKey(object), object])),
    surveyed: deliveries.surveyed,
  }
  return objects.flatMap((object) => {
    if (isExplained(object, deliveries, known)) return []
    const key = objectKey(object)
    const reason = reasonOf(key, claimsOf(object, settings), deliveries)
    if (reason === null) return []
    const [why, claimedBy] = reason
    return [orphanOf(object, { why, claimedBy, pruned: deliveries.pruned.get(key) ?? null })]
  })
}
