// Kubernetes' own vocabulary: objects, references, paths, quantities, selectors, durations, canonical JSON.
export { canonicalJson, deepEqual, isEmptyValue, isMap } from './json.ts'
export type { KubeObject, Json, JsonMap, ManagedFieldsEntry, ObjectMeta, OwnerReference } from './object.ts'
export { formatRef, groupOf, gvkKey, objectKey, refKey, refOf, versionOf, type ObjectRef } from './ref.ts'
export { formatPath, formatPointer, pathKey, type FieldPath, type PathElement } from './path.ts'
export { parsePath } from './path-text.ts'
export {
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  sameQuantity,
  type Quantity,
  type QuantityFormat,
} from './quantity.ts'
export { SERVER_METADATA } from './object.ts'
export { SERVER_WRITTEN, serverWrittenIn } from './server-written.ts'
export { controllerOf, type Owning, parentOf } from './owners.ts'
export { isNewerVersion } from './resource-version.ts'
export { selectorMatches, type Labels } from './selector.ts'
