// The bookkeeping that must move before an apply can remove what others added.
// A server-side apply removes exactly what the applier owned before and sends no more, unless someone else owns it too.
import { FIELD_MANAGER, type Ownership } from '../classify/index.ts'
import type { FieldPath, Json, JsonMap, KubeObject, ManagedFieldsEntry } from '../kube/index.ts'
import { encodeFieldsV1, FieldSet, fieldSetOf, type ObjectSchema, stripServerFields } from '../merge/index.ts'

export interface JsonPatchOperation {
  readonly op: 'add' | 'replace' | 'remove' | 'test'
  readonly path: string
  readonly value?: Json | object
}

export interface ClaimInput {
  readonly live: KubeObject
  readonly ownership: Ownership
  readonly schema: ObjectSchema
  /** What the apply will send. */
  readonly body: KubeObject
  /** Paths that only live has and that the apply is to remove. */
  readonly remove: readonly FieldPath[]
  /** ISO time for our entry. */
  readonly now: string
}

function pathsOf(object: KubeObject, schema: ObjectSchema): FieldSet {
  return stripServerFields(fieldSetOf(object as unknown as JsonMap, schema.root))
}

/** The paths at and under each of `tops`, out of a set. */
function at(set: FieldSet, tops: readonly FieldPath[]): FieldSet {
  const builder: FieldPath[] = []
  for (const top of tops) {
    if (set.has(top)) builder.push(top)
    for (const below of set.under(top).paths()) builder.push([...top, ...below])
  }
  return FieldSet.of(builder)
}

/** Everything a removal has to own: what live has there, and what anybody is said to own there. */
function toRemove(input: ClaimInput): FieldSet {
  let claimed = FieldSet.of(input.remove).union(at(pathsOf(input.live, input.schema), input.remove))
  for (const entry of input.ownership.entries) claimed = claimed.union(at(entry.paths, input.remove))
  return claimed
}

/**
 * True when a plain apply would not leave clean ownership: something is to be removed that is not ours alone, our entry
 * is missing on an object that exists, or a deliverer co-owns what we are about to own.
 */
export function needsClaim(input: ClaimInput): boolean {
  const { ownership } = input
  if (ownership.ours === undefined) return true
  if (
    input.remove.some(
      (path) => ownership.owners(path).some((owner) => !owner.ours) || !ownership.ours?.paths.hasPrefix(path),
    )
  )
    return true
  const sent = pathsOf(input.body, input.schema)
  return ownership.entries.some((entry) => entry.deliverer && !entry.paths.intersection(sent).isEmpty)
}

function emptied(entry: ManagedFieldsEntry, paths: FieldSet): ManagedFieldsEntry | null {
  return paths.isEmpty ? null : { ...entry, fieldsV1: encodeFieldsV1(paths) }
}

/**
 * A JSON Patch of metadata.managedFields alone, guarded by the compared resourceVersion (409 when stale): it makes our
 * Apply entry own what the apply sends and what it is to remove, and nobody else the latter; deliverers hand over what the
 * apply sends. Changes no generation.
 */
export function claimPatch(input: ClaimInput): readonly JsonPatchOperation[] {
  const { live, ownership } = input
  const removed = toRemove(input)
  const sent = pathsOf(input.body, input.schema)
  const mine = (ownership.ours?.paths ?? FieldSet.EMPTY).union(sent).union(removed)
  const entries: ManagedFieldsEntry[] = []
  for (const owned of ownership.entries) {
    if (owned.ours) continue
    const mainResource = (owned.entry.subresource ?? '') === ''
    const handedOver = owned.deliverer && mainResource ? owned.paths.difference(sent) : owned.paths
    const kept = emptied(owned.entry, handedOver.recursiveDifference(removed))
    if (kept !== null) entries.push(kept)
  }
  entries.push({
    manager: FIELD_MANAGER,
    operation: 'Apply',
    apiVersion: live.apiVersion,
    time: input.now,
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldsV1(mine),
  })
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' },
    { op: 'add', path: '/metadata/managedFields', value: entries },
  ]
}
