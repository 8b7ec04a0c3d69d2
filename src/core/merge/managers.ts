import type { FieldPath, Json } from '../kube/index.ts'
import type { Problem } from '../problem/index.ts'
import { type Comparison, compareTyped } from './compare-typed.ts'
import { FieldSet } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import { mergeTyped } from './merge-typed.ts'
import type { ManagedSet, Managers, Versions } from './ownership.ts'
import { prune } from './prune.ts'
import { reconcileWithSchema } from './reconcile.ts'
import { sameValue } from './same.ts'
import type { TypeNode } from './types.ts'

export interface Conflict {
  readonly manager: string
  readonly path: FieldPath
}

interface Write {
  readonly live: Json
  /** The version in which both objects are given and in which ownership is written. */
  readonly version: string
  readonly manager: string
  readonly managers: Managers
  readonly versions: Versions
}
export interface ApplyWrite extends Write {
  readonly applied: Json
  /** Takes what others own instead of answering conflicts. */
  readonly force: boolean
}
export interface UpdateWrite extends Write {
  readonly next: Json
}

/** `value` is `live` itself when nothing changes. */
export type Applied =
  | { readonly state: 'merged'; readonly value: Json; readonly managers: Managers }
  | { readonly state: 'conflict'; readonly conflicts: readonly Conflict[] }
  /** What would be left could not be read again. */
  | { readonly state: 'refused'; readonly problem: Problem }
export type Updated = { readonly managers: Managers }

function withoutIgnored(comparison: Comparison, ignored: FieldSet): Comparison {
  if (ignored.isEmpty) return comparison
  return {
    added: comparison.added.recursiveDifference(ignored),
    removed: comparison.removed.recursiveDifference(ignored),
    modified: comparison.modified.recursiveDifference(ignored),
  }
}

function ignoredIn(versions: Versions, version: string): FieldSet {
  return versions.ignored?.(version) ?? FieldSet.EMPTY
}

function compareIn(write: UpdateWrite, version: string, type: TypeNode): Comparison {
  const { versions } = write
  const [left, right] =
    version === write.version
      ? [write.live, write.next]
      : [versions.convert(write.live, write.version, version), versions.convert(write.next, write.version, version)]
  return withoutIgnored(compareTyped(left, right, type), ignoredIn(versions, version))
}

/** `written`: what was added or modified. */
interface Written extends Comparison {
  readonly written: FieldSet
}

interface Takeover {
  readonly managers: Map<string, ManagedSet>
  readonly conflicts: Map<string, FieldSet>
  readonly comparison: Comparison
}

/** What the step from live to next takes from the managers other than the writer. */
function takeOver(write: UpdateWrite): Takeover {
  const comparisons = new Map<string, Written>()
  const comparisonIn = (version: string): Written | undefined => {
    const known = comparisons.get(version)
    const type = write.versions.type(version)
    if (known !== undefined || type === undefined) return known
    const comparison = compareIn(write, version, type)
    const made = { ...comparison, written: comparison.modified.union(comparison.added) }
    comparisons.set(version, made)
    return made
  }
  const own = comparisonIn(write.version) as Written
  const managers = new Map<string, ManagedSet>()
  const conflicts = new Map<string, FieldSet>()
  for (const [name, managed] of write.managers) {
    if (name === write.manager) {
      managers.set(name, managed)
      continue
    }
    const comparison = comparisonIn(managed.version)
    if (comparison === undefined) continue
    const taken = managed.set.intersection(comparison.written)
    if (!taken.isEmpty) conflicts.set(name, taken)
    managers.set(name, { ...managed, set: managed.set.difference(taken).difference(comparison.removed) })
  }
  for (const [name, managed] of managers) if (managed.set.isEmpty) managers.delete(name)
  return { managers, conflicts, comparison: own }
}

/** Managers of versions that are no longer served are dropped, as the server drops them. */
function reconciled(write: Write): Managers {
  const managers = new Map<string, ManagedSet>()
  for (const [name, managed] of write.managers) {
    const type = write.versions.type(managed.version)
    if (type === undefined) continue
    const set = reconcileWithSchema(managed.set, type)
    managers.set(name, set === managed.set ? managed : { ...managed, set })
  }
  return managers
}

function typeOf(write: Write): TypeNode {
  return write.versions.type(write.version) ?? { kind: 'untyped' }
}

/**
 * Ownership after a create, update or patch: the writer owns what it added or changed, everyone loses what was changed
 * or removed. Both objects may hold duplicate items; neither is changed.
 */
export function updateManagers(write: UpdateWrite): Updated {
  const { managers, comparison } = takeOver({ ...write, managers: reconciled(write) })
  const before = managers.get(write.manager)?.set ?? FieldSet.EMPTY
  const set = before
    .difference(comparison.removed)
    .union(comparison.modified)
    .union(comparison.added)
    .recursiveDifference(ignoredIn(write.versions, write.version))
  if (set.isEmpty) managers.delete(write.manager)
  else managers.set(write.manager, { version: write.version, applied: false, set })
  return { managers }
}

/**
 * Server-side apply: `live` with `applied` merged over it and without what this manager applied before, no longer
 * applies and nobody else owns. `applied` must be valid without duplicates (`validate`).
 */
export function applyValue(write: ApplyWrite): Applied {
  const type = typeOf(write)
  const managers = new Map(reconciled(write))
  const merged = mergeTyped(write.live, write.applied, type)
  const last = managers.get(write.manager)
  const set = fieldSetOf(write.applied, type).recursiveDifference(ignoredIn(write.versions, write.version))
  managers.set(write.manager, { version: write.version, applied: true, set })
  const { version, versions } = write
  const left = last === undefined ? { value: merged } : prune({ merged, last, managers, version, versions })
  if ('refused' in left) return { state: 'refused', problem: left.refused }
  const next = left.value
  const taken = takeOver({ ...write, next, managers })
  if (!write.force && taken.conflicts.size > 0) return { state: 'conflict', conflicts: conflictsOf(taken.conflicts) }
  const value = sameValue(write.live, next) ? write.live : next
  return { state: 'merged', value, managers: taken.managers }
}

function conflictsOf(sets: ReadonlyMap<string, FieldSet>): Conflict[] {
  const conflicts: Conflict[] = []
  for (const manager of [...sets.keys()].sort()) {
    for (const path of sets.get(manager)?.paths() ?? []) conflicts.push({ manager, path })
  }
  return conflicts
}
