import type { Problem } from '../problem/index.ts'
import { foldApp } from './fold.ts'
import { evaluateObject } from './object.ts'
import type { AppContext, Evaluation, ObjectSnapshot } from './types.ts'

/** One application as it was at one moment: everything that its evaluation depends on. */
export interface Snapshot {
  readonly app: AppContext
  readonly objects: readonly ObjectSnapshot[]
  readonly trouble: readonly Problem[]
}

/** The whole at once. Law: after any sequence of events the loop's incremental result equals this. */
export function evaluate(snapshot: Snapshot): Evaluation {
  return foldApp(
    snapshot.app,
    snapshot.objects.map((object) => evaluateObject(snapshot.app, object)),
    snapshot.trouble,
  )
}
