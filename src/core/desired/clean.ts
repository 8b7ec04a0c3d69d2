import { isMap, type JsonMap, type KubeObject, SERVER_METADATA } from '../kube/index.ts'

/** API groups whose objects the server decodes into its own types, where null is the same as nothing. */
const BUILT_IN_GROUPS = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'extensions',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
])

/** Maps of strings: here the server reads null as ''. */
const STRING_MAPS = new Set(['labels', 'annotations', 'data', 'stringData', 'matchLabels', 'nodeSelector'])

/** What null means in the map at hand. */
type NullMeaning = 'nothing' | 'empty string'

function withoutNulls(value: unknown, meaning: NullMeaning): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, 'nothing'))
  if (!isMap(value)) return value
  const entries: [string, unknown][] = []
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue
    if (item !== null) entries.push([name, withoutNulls(item, STRING_MAPS.has(name) ? 'empty string' : 'nothing')])
    else if (meaning === 'empty string') entries.push([name, ''])
  }
  return Object.fromEntries(entries)
}

function cleanMetadata(metadata: JsonMap): JsonMap {
  const entries = Object.entries(metadata).filter(([name]) => !SERVER_METADATA.includes(name))
  return withoutNulls(Object.fromEntries(entries), 'nothing') as JsonMap
}

/**
 * A copy without what Git cannot declare: `status`, the server's own metadata, and nulls where the server reads them as
 * nothing. In custom resources nulls stay: there a null may be a value (Helm values, nullable fields).
 */
export function cleanObject(object: KubeObject, group: string): KubeObject {
  const { status, metadata, ...rest } = object
  const body = BUILT_IN_GROUPS.has(group) ? (withoutNulls(rest, 'nothing') as JsonMap) : rest
  return { ...body, metadata: cleanMetadata(metadata as JsonMap) } as unknown as KubeObject
}

/**
 * `stringData` of a Secret folded into `data`, where it wins: applied as it is, its keys could never be removed again.
 * A string says what is unusable, without any value.
 */
export function foldStringData(object: KubeObject): KubeObject | string {
  const { stringData, ...rest } = object
  for (const [field, value] of Object.entries({ data: rest.data, stringData })) {
    if (value === undefined) continue
    if (!isMap(value)) return `${field} must be a map`
    const wrong = Object.keys(value).find((name) => typeof value[name] !== 'string')
    if (wrong !== undefined) return `${field}[${JSON.stringify(wrong)}] must be a string`
  }
  if (stringData === undefined) return object
  const data = new Map(Object.entries((rest.data ?? {}) as Record<string, string>))
  for (const [name, value] of Object.entries(stringData as Record<string, string>)) {
    data.set(name, Buffer.from(value, 'utf8').toString('base64'))
  }
  return { ...rest, data: Object.fromEntries(data) } as KubeObject
}
