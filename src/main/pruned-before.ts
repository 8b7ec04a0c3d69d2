// What the journal of a controller that ran on this machine knows to have been pruned.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../adapters/pino-log/index.ts'
import { sqliteStore } from '../adapters/store-sqlite/index.ts'
import type { Pruned } from '../core/orphan/index.ts'
import { PrunedObjects } from '../loop/pruned.ts'
import type { Clock } from '../ports/clock.ts'
import type { Environment } from './cluster.ts'
import { homeOf } from './home.ts'

/** By `refKey`; empty where no controller kept a journal. */
export async function prunedBefore(place: {
  readonly env: Environment
  readonly clock: Clock
}): Promise<ReadonlyMap<string, Pruned>> {
  const { stateDir } = homeOf(place.env)
  const pruned = new PrunedObjects()
  const file = stateDir === null ? '' : join(stateDir, 'holdfast.db')
  if (!existsSync(file)) return pruned.known
  const store = sqliteStore({ file, clock: place.clock })
  await pruned.recall(store, createLog({ level: 'warn' }))
  await store.close()
  return pruned.known
}
