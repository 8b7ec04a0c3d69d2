// Drift records of a controller that ran on this machine, for the command line.
import { userInfo } from 'node:os'
import { noteOf } from '../core/record/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import type { Store } from '../ports/store.ts'
import type { DriftServices } from '../surfaces/cli/drift.ts'
import { type StatePlace, withStateStore } from './state-store.ts'

function nothingKept(): HoldfastError {
  const action = 'Name the data directory of the controller, with --data-dir or HOLDFAST_DATA_DIR.'
  return new HoldfastError(problem('HF7001', 'no controller kept records here', {}, action))
}

export function driftServices({ env, clock }: StatePlace): Pick<DriftServices, 'drifts' | 'annotate'> {
  const ask = async <T extends object>(dataDir: string | undefined, use: (store: Store) => Promise<T>): Promise<T> => {
    const place = dataDir === undefined ? env : { ...env, HOLDFAST_DATA_DIR: dataDir }
    const answer = await withStateStore({ env: place, clock }, use)
    if (answer === null) throw nothingKept()
    return answer
  }
  return {
    drifts: ({ dataDir, ...query }) => ask(dataDir, (store) => store.drifts(query)),
    annotate: ({ id, dataDir, by, ...said }) =>
      ask(dataDir, async (store) => {
        const time = new Date(clock.now()).toISOString()
        const note = noteOf({ ...said, time, by: by ?? (env['USER'] || userInfo().username) })
        await store.annotate(id, note)
        return note
      }),
  }
}
