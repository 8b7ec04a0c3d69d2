// Of everything in a cluster: what a comparison looks at.
import { evidenceKinds } from '../../core/compare/index.ts'
import { groupOf, isMap, type KubeObject, type ObjectRef } from '../../core/kube/index.ts'
import type { Identity } from './identity.ts'

/** Never throws; what it does not want need not be readable either. */
export type Wanted = (identity: Identity) => boolean

const CRD = 'apiextensions.k8s.io/CustomResourceDefinition'

function* withItems(objects: readonly KubeObject[]): Generator<KubeObject> {
  for (const object of objects) {
    yield object
    const { items } = object
    if (Array.isArray(items)) yield* withItems(items.filter((item) => isMap(item)) as unknown as KubeObject[])
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * What Git declares, wherever it may be; what was delivered before; what proves who owns a value; the namespaces; and the definitions of the declared
 * kinds. A declared object without a namespace is looked for in all: where it goes is decided later.
 */
export function wantedFor(declared: readonly KubeObject[], delivered: readonly ObjectRef[] = []): Wanted {
  const namespaces = new Map<string, Set<string>>()
  const groups = new Set<string>()
  const want = ({ group, kind, namespace, name }: Identity): void => {
    groups.add(group)
    const key = `${group}/${kind}/${name}`
    const found = namespaces.get(key) ?? new Set<string>()
    namespaces.set(key, found.add(namespace))
  }
  for (const { apiVersion, kind, metadata } of withItems(declared)) {
    const [namespace, name] = [textOf(metadata?.namespace), textOf(metadata?.name)]
    want({ group: groupOf(textOf(apiVersion)), kind: textOf(kind), namespace, name })
  }
  for (const ref of delivered) want(ref)
  const always = new Set(['/Namespace', ...evidenceKinds().keys()])
  return ({ group, kind, namespace, name }) => {
    const groupKind = `${group}/${kind}`
    if (always.has(groupKind)) return true
    if (groupKind === CRD && groups.has(name.slice(name.indexOf('.') + 1))) return true
    const declaredIn = namespaces.get(`${groupKind}/${name}`)
    return declaredIn !== undefined && (namespace === '' || declaredIn.has('') || declaredIn.has(namespace))
  }
}
