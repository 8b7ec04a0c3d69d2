// Which empty values does the server treat as absent?
import { type FieldPath, isEmptyValue, isMap, type Json } from '../kube/index.ts'
import type { TypeNode } from '../merge/index.ts'

/** Groups whose objects the server decodes into its own types, which drop empty lists and free-form maps. */
const BUILTIN_GROUPS: ReadonlySet<string> = new Set([
  '',
  'apps',
  'autoscaling',
  'batch',
  'policy',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
])

export const isBuiltinGroup = (group: string): boolean => BUILTIN_GROUPS.has(group)

const isField = (path: FieldPath, index: number, name: string): boolean => {
  const element = path.at(index)
  return element?.kind === 'field' && element.name === name
}

function isFreeForm(type: TypeNode, value: Json): boolean {
  if (Array.isArray(value)) return type.kind === 'list'
  return type.kind === 'map' && type.names.length === 0
}

/**
 * null always; empty lists and free-form maps in built-in types and in metadata; the empty value of an environment
 * variable. An empty struct has a meaning of its
 * own (`namespaceSelector: {}` selects everything), and custom resources keep every empty value as it was written.
 */
export function sameAsAbsent(node: { path: FieldPath; value: Json; type: TypeNode }, group: string): boolean {
  const { path, value, type } = node
  if (value === null) return true
  const inMetadata = isField(path, 0, 'metadata')
  if (!inMetadata && !isBuiltinGroup(group)) return false
  if (value === '') return isField(path, -1, 'value') && isField(path, -3, 'env')
  if (isEmptyValue(value)) return inMetadata || isFreeForm(type, value) || isField(path, -1, 'metadata')
  return isField(path, -1, 'metadata') && isMap(value) && Object.values(value).every(isEmptyValue)
}
