// Who made an object, and who made that: up to what an application declares.
import type { OwnerLink } from '../core/classify/index.ts'
import type { Settings } from '../core/definition/index.ts'
import { readTracking } from '../core/desired/index.ts'
import { groupOf, type KubeObject, type Owning, parentOf, versionOf } from '../core/kube/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

export interface OwnerChainTools {
  readonly reader: Pick<ClusterReader, 'kind' | 'get'>
  readonly settings: Settings
}

/** Chains are short: what leads on for longer leads nowhere. */
const LONGEST = 8

/** null: it is not there any more, or may not be read; the reference is all that is known of it. */
async function read(tools: OwnerChainTools, parent: Owning, namespace: string): Promise<KubeObject | null> {
  const { apiVersion, kind, name, uid } = parent
  const gvk = { group: groupOf(apiVersion), version: versionOf(apiVersion), kind }
  try {
    const info = await tools.reader.kind(gvk)
    if (info === undefined) return null
    const found = await tools.reader.get({ ...gvk, namespace: info.namespaced ? namespace : '', name })
    return found?.metadata.uid === uid ? { ...found, apiVersion, kind } : null
  } catch {
    return null
  }
}

/** Nearest first; ends at what an application declares. */
export async function ownerChain(tools: OwnerChainTools, object: KubeObject): Promise<readonly OwnerLink[]> {
  const chain: OwnerLink[] = []
  const namespace = object.metadata.namespace ?? ''
  let at: KubeObject | null = object
  while (at !== null && chain.length < LONGEST) {
    const parent = parentOf(at)
    if (parent === null) break
    at = await read(tools, parent, namespace)
    const mark = at === null ? null : readTracking(at, tools.settings)
    const { kind, name } = parent
    if (mark?.selfReferencing === true) return [...chain, { kind, name, app: mark.app }]
    chain.push({ kind, name })
  }
  return chain
}
