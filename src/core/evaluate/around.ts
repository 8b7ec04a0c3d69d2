// What is known around an object when its differences are classified.
import { type CauseContext, type Delivery, NOTHING_PENDING, type WholeContext } from '../classify/index.ts'
import { webhooksOf } from '../compare/index.ts'
import { NO_OWNERSHIP } from '../definition/index.ts'
import type { KubeObject, ObjectRef } from '../kube/index.ts'
import type { AppContext, ObjectSnapshot } from './types.ts'

/** What is known counts; a sync that is due is all that is known where nothing is said. */
function deliveryOf({ permissions, revision, delivery }: AppContext): Delivery {
  const known = delivery ?? { ...NOTHING_PENDING, pending: permissions.syncPending }
  return { ...known, revision: known.revision === '' ? revision : known.revision }
}

export function around(
  app: AppContext,
  { ref, neighbours, owners, release }: ObjectSnapshot,
  live: KubeObject,
): CauseContext {
  return {
    ref,
    live,
    neighbours,
    ...(owners === undefined ? {} : { owners }),
    ...(release === undefined ? {} : { release }),
    writers: (app.ownership ?? NO_OWNERSHIP).writers,
    delivery: deliveryOf(app),
    webhooks: webhooksOf(ref, live, neighbours),
  }
}

export function wholeContext(app: AppContext, ref: ObjectRef): WholeContext {
  return { ref, delivery: deliveryOf(app), writers: (app.ownership ?? NO_OWNERSHIP).writers }
}
