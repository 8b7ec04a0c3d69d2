// Who else delivers an object that Git declares? Marks name him; that he is there, and has it, is what counts.
import type { KubeObject } from '../kube/index.ts'
import { toolClaims } from './claims.ts'
import type { Claim, Deliveries } from './types.ts'

/** Marks of other tools that are not Git's own: a chart that is rendered may declare them itself. */
export function foreignClaims(live: KubeObject, declared: KubeObject): readonly Claim[] {
  const found = toolClaims(live)
  if (found.length === 0) return found
  const own = toolClaims(declared).map(({ name }) => name)
  return found.filter(({ name }) => !own.includes(name))
}

export type OthersKnown = Pick<Deliveries, 'held' | 'present' | 'complete'> & {
  /** Those that were told to do nothing for the time being. */
  readonly suspended: ReadonlySet<string>
}

/** Those that have the object (a `refKey`) in their inventory, or are there and claim it; who is suspended is left out. */
export function otherDeliverersOf(key: string, claims: readonly Claim[], known: OthersKnown): readonly string[] {
  const { held, present, complete, suspended } = known
  const holders = held.get(key) ?? []
  // An inventory that lacks the object outweighs the mark.
  const claiming = claims.map(({ name }) => name).filter((name) => present.has(name) && !complete.has(name))
  return [...new Set([...holders, ...claiming])].filter((name) => !suspended.has(name))
}
