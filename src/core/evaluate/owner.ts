// Whom to ask about an object of an application.
import {
  type CodeownersMatch,
  codeownersOf,
  NO_OWNERS,
  type Owner,
  ownerOf,
  type OwnerSources,
} from '../classify/index.ts'
import { NO_OWNERSHIP } from '../definition/index.ts'
import type { Origin } from '../desired/index.ts'
import type { KubeObject } from '../kube/index.ts'
import type { AppContext, ObjectSnapshot } from './types.ts'

/** What another repository says of a path of the same name says nothing about this one. */
function ownersOfFile({ codeowners }: OwnerSources, origin: Origin | undefined): CodeownersMatch | null {
  const { file = '', source = 0 } = origin ?? {}
  if (codeowners === null || file === '') return null
  const isThere = codeowners.sources === undefined || codeowners.sources.includes(source)
  return isThere ? codeownersOf(codeowners.rules, file) : null
}

export function askedOf(app: AppContext, snapshot: ObjectSnapshot, live: KubeObject | null): Owner | null {
  const { owners = NO_OWNERS, ownership = NO_OWNERSHIP } = app
  const { ref, desired, neighbours } = snapshot
  const { namespace } = neighbours
  // Whoever edits the live object could name anybody: its marks count only where Git declares nothing of it.
  return ownerOf(ref, desired?.object ?? live, {
    ...owners,
    map: ownership.map,
    app: app.app,
    namespace: namespace === undefined ? null : { what: `Namespace ${ref.namespace}`, ...namespace },
    codeowners: ownersOfFile(owners, desired?.origin),
    codeownersFile: owners.codeowners?.file ?? '',
  })
}
