import type { Json } from '../kube/index.ts'
import type { Problem } from '../problem/index.ts'
import { FieldSet } from './field-set.ts'
import { fieldSetOf } from './field-set-of.ts'
import type { ManagedSet, Managers, Versions } from './ownership.ts'
import { withNamedFields } from './reconcile.ts'
import { removeItems } from './select.ts'
import type { TypeNode } from './types.ts'
import { validate } from './validate.ts'

interface Pruning {
  /** Live with the applied object merged over it, in `version`. */
  readonly merged: Json
  readonly version: string
  /** What the applier owned before this apply. */
  readonly last: ManagedSet
  /** Everyone's ownership, the applier's new one included. */
  readonly managers: Managers
  readonly versions: Versions
}

export type Pruned = { readonly value: Json } | { readonly refused: Problem }

interface At {
  readonly value: Json
  readonly version: string
}

/** What removal left is no value of the type that it is to be read as. */
class Unreadable extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** A keyed item of which removal left nothing is null, and nothing reads that. */
function readable(at: At, versions: Versions): At {
  const [problem] = validate(at.value, versions.type(at.version) ?? { kind: 'untyped' }, { duplicates: 'allowed' })
  if (problem !== undefined) throw new Unreadable(problem)
  return at
}

function convert(at: At, version: string, versions: Versions): At {
  if (at.version === version) return at
  return readable({ value: versions.convert(at.value, at.version, version), version }, versions)
}

function present(at: At, versions: Versions): FieldSet {
  const type = versions.type(at.version) ?? { kind: 'untyped' }
  return withNamedFields(fieldSetOf(at.value, type), type)
}

function ownedByVersion(managers: Managers): Map<string, FieldSet> {
  const sets = new Map<string, FieldSet[]>()
  for (const { version, set } of managers.values()) {
    const known = sets.get(version)
    if (known === undefined) sets.set(version, [set])
    else known.push(set)
  }
  return new Map([...sets].map(([version, owned]) => [version, FieldSet.unionOf(owned)]))
}

/** Puts back whatever someone still owns, version by version, that of the last apply first. */
function withOwned(merged: At, pruned: At, pruning: Pruning): At {
  const { versions, last } = pruning
  const owned = ownedByVersion(pruning.managers)
  const order = [...owned.keys()].sort((a, b) => Number(b === last.version) - Number(a === last.version))
  let all = merged
  let kept = pruned
  for (const version of order) {
    const type = versions.type(version)
    if (type === undefined) continue
    all = convert(all, version, versions)
    kept = convert(kept, version, versions)
    const wanted = present(kept, versions).union(withNamedFields(owned.get(version) as FieldSet, type))
    kept = { value: removeItems(all.value, present(all, versions).difference(wanted), type), version }
  }
  return kept
}

function pruned(pruning: Pruning, type: TypeNode): Json {
  const { last, versions } = pruning
  const merged = convert({ value: pruning.merged, version: pruning.version }, last.version, versions)
  const lastSet = withNamedFields(last.set, type)
  const bare: At = { value: removeItems(merged.value, lastSet, type), version: last.version }
  const kept = convert(withOwned(merged, bare, pruning), last.version, versions)
  // Only what the applier itself had may go: what nobody owns stays.
  const gone = present(merged, versions).difference(present(kept, versions)).intersection(lastSet)
  const left: At = { value: removeItems(merged.value, gone, type), version: last.version }
  const back = convert(left, pruning.version, versions)
  return back.value === pruning.merged ? back.value : readable(back, versions).value
}

/**
 * The merged object without the fields and items that the applier applied last time, does not apply now, and nobody
 * owns; in `version` again. A problem where the server refuses the apply: a keyed item whose key was all defaults, of
 * which nothing is left.
 */
export function prune(pruning: Pruning): Pruned {
  const { last, versions } = pruning
  const type = versions.type(last.version)
  if (last.set.isEmpty || type === undefined) return { value: pruning.merged }
  try {
    return { value: pruned(pruning, type) }
  } catch (error) {
    if (error instanceof Unreadable) return { refused: error.problem }
    throw error
  }
}
