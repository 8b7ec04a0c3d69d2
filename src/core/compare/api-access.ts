// The volume and mount that admission adds to every Pod, told from look-alikes by their exact content.
import { deepEqual, isMap, type Json } from '../kube/index.ts'

const NAME = /^kube-api-access-[a-z0-9]{5}$/
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
/** As the ServiceAccount admission plugin of Kubernetes 1.35 writes them; the lifetime is the server's own setting. */
const SOURCES: readonly Json[] = [
  { serviceAccountToken: { path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  {
    downwardAPI: {
      items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
    },
  },
]

function withoutLifetime(source: Json): Json {
  if (!isMap(source) || !isMap(source.serviceAccountToken)) return source
  const { expirationSeconds: _, ...token } = source.serviceAccountToken
  return { ...source, serviceAccountToken: token }
}

export function isTokenVolume(value: Json): boolean {
  if (!isMap(value) || typeof value.name !== 'string' || !NAME.test(value.name)) return false
  const { projected } = value
  if (Object.keys(value).length !== 2 || !isMap(projected) || !Array.isArray(projected.sources)) return false
  return deepEqual((projected.sources as readonly Json[]).map(withoutLifetime), SOURCES)
}

export function isTokenMount(value: Json): boolean {
  return (
    isMap(value) &&
    Object.keys(value).length === 3 &&
    value.mountPath === MOUNT_PATH &&
    typeof value.name === 'string' &&
    NAME.test(value.name) &&
    value.readOnly === true
  )
}
