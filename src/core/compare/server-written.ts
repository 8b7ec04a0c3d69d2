// What the server alone writes: never compared, and told where everything is told that was left alone.
import {
  canonicalJson,
  type FieldPath,
  type Json,
  type KubeObject,
  pathKey,
  SERVER_WRITTEN,
  serverWrittenIn,
} from '../kube/index.ts'
import type { ChangeKind, IgnoredChange } from './types.ts'

export const SERVER_WRITTEN_RULE = 'builtin/server-written'

function changeOf(desired: Json | undefined, live: Json | undefined): ChangeKind | null {
  if (desired === undefined) return live === undefined ? null : 'added'
  if (live === undefined) return 'removed'
  return canonicalJson(desired) === canonicalJson(live) ? null : 'changed'
}

export interface DeclaredServerWritten {
  /** Absent where Git says nothing there, as nearly always. */
  readonly serverWritten?: ReadonlyMap<string, Json>
  /** Set where the declared status is compared like any field. */
  readonly status?: Json
}

/** Each such place where live is not what Git says. */
export function serverWritten(declared: DeclaredServerWritten, live: KubeObject): readonly IgnoredChange[] {
  const stands = serverWrittenIn(live)
  const places = SERVER_WRITTEN.filter((place) => place !== 'status' || declared.status === undefined)
  return places.flatMap((place): IgnoredChange[] => {
    const [desired, found] = [declared.serverWritten?.get(place), stands.get(place)]
    const change = changeOf(desired, found)
    if (change === null) return []
    const path: FieldPath = place.split('.').map((name) => ({ kind: 'field', name }))
    return [
      {
        ...{ path, at: pathKey(path), pointer: `/${place.replace('.', '/')}`, change },
        ...(desired === undefined ? {} : { desired }),
        ...(found === undefined ? {} : { live: found }),
        ...{ rule: SERVER_WRITTEN_RULE, owner: 'kube-apiserver', carry: false },
      },
    ]
  })
}
