// What the journal of a controller that ran on this machine knows to have been pruned.
import { createLog } from '../adapters/pino-log/index.ts'
import type { Pruned } from '../core/orphan/index.ts'
import { PrunedObjects } from '../loop/pruned.ts'
import { type StatePlace, withStateStore } from './state-store.ts'

/** By `refKey`; empty where no controller kept a journal. */
export async function prunedBefore(place: StatePlace): Promise<ReadonlyMap<string, Pruned>> {
  const pruned = new PrunedObjects()
  await withStateStore(place, (store) => pruned.recall(store, createLog({ level: 'warn' })))
  return pruned.known
}
