// YAML and JSON text → values and objects, read as Kubernetes' own YAML reader reads them.
export { YAML_LIMITS, type YamlLimits } from './compose.ts'
export {
  objectsOfDocuments,
  objectsOfItems,
  readObjects,
  typedItem,
  type ObjectsOfFile,
  type ReadObject,
} from './objects.ts'
export { type ReadOptions, readYaml, type YamlDocument, type YamlFile } from './read.ts'
export { editText, scalarEdit, type ScalarPlace, scalarPlaces, type TextEdit } from './places.ts'
