// Which revision of a Helm release does the cluster have? By the labels of Helm's own record; what is in it is not read.
import type { HelmRecord } from '../core/classify/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'

const LABEL_VALUE = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
const SECRET = { group: '', version: 'v1', kind: 'Secret', metadataOnly: true } as const

function isWrittenByHelm({ metadata }: KubeObject): boolean {
  const managed: unknown = metadata.managedFields
  return Array.isArray(managed) && managed.some((entry: { manager?: unknown } | null) => entry?.manager === 'helm')
}

function recordOf({ metadata }: KubeObject, release: string): HelmRecord | null {
  const { owner, name, version = '', status = '' } = metadata.labels ?? {}
  if (owner !== 'helm' || name !== release || !/^\d{1,9}$/.test(version)) return null
  return { secret: metadata.name ?? '', namespace: metadata.namespace ?? '', revision: Number(version), status }
}

/** What is in force, else the newest; null where Helm wrote nothing here, or its records may not be read. */
export async function helmRecord(reader: Pick<ClusterReader, 'list'>, live: KubeObject): Promise<HelmRecord | null> {
  const annotations = live.metadata.annotations ?? {}
  const release = annotations['meta.helm.sh/release-name'] ?? ''
  const namespace = annotations['meta.helm.sh/release-namespace'] ?? ''
  if (!LABEL_VALUE.test(release) || namespace === '' || !isWrittenByHelm(live)) return null
  try {
    const { items } = await reader.list({ ...SECRET, namespace, labelSelector: `owner=helm,name=${release}` })
    const records = items.flatMap((item) => recordOf(item, release) ?? []).sort((a, b) => b.revision - a.revision)
    return records.find(({ status }) => status === 'deployed') ?? records[0] ?? null
  } catch {
    return null
  }
}
