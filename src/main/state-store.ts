// The store of a controller that ran on this machine, for commands that read it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sqliteStore } from '../adapters/store-sqlite/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { Environment } from './cluster.ts'
import { homeOf } from './home.ts'

export interface StatePlace {
  readonly env: Environment
  readonly clock: Clock
}

/** null where no controller kept one. */
export async function withStateStore<T>(
  { env, clock }: StatePlace,
  use: (store: Store) => Promise<T>,
): Promise<T | null> {
  const { stateDir } = homeOf(env)
  const file = stateDir === null ? '' : join(stateDir, 'holdfast.db')
  if (!existsSync(file)) return null
  const store = sqliteStore({ file, clock })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}
