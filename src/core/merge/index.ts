// Kubernetes' structured merge: schemas, field sets, managedFields.
export type * from './types.ts'
export { type Comparison, compareTyped, isSame, NO_CHANGE } from './compare-typed.ts'
export { schemaDataFrom, schemaFromCrd } from './data.ts'
export { FieldSet, FieldSetBuilder, type FieldSetEntry } from './field-set.ts'
export { fieldSetOf } from './field-set-of.ts'
export { createFieldsV1Decoder, decodeFieldsV1, encodeFieldsV1, type FieldsV1Decoder } from './fields-v1.ts'
export { itemElement } from './item.ts'
export {
  type Applied,
  type ApplyWrite,
  applyValue,
  type Conflict,
  type Updated,
  type UpdateWrite,
  updateManagers,
} from './managers.ts'
export { mergeTyped } from './merge-typed.ts'
export type { OpenApiDocument, OpenApiSchema } from './openapi.ts'
export type { ManagedSet, Managers, Versions } from './ownership.ts'
export { reconcileWithSchema } from './reconcile.ts'
export { typeFor } from './resolve.ts'
export { type Endpoint, resetFields } from './reset-fields.ts'
export { sameValue } from './same.ts'
export { compileSchema, DEDUCED, emptyObject, schemaFromData } from './schema.ts'
export type { SchemaData, TypeData } from './schema-data.ts'
export { type ExtractOptions, extractItems, removeItems } from './select.ts'
export { SERVER_FIELDS, stripServerFields } from './server-fields.ts'
export { validate, type ValidateOptions } from './validate.ts'
export {
  applyObject,
  type ObjectApplied,
  type ObjectApply,
  type ObjectConflict,
  type ObjectUpdate,
  updateObject,
} from './field-manager.ts'
export {
  decodeManagedFields,
  encodeManagedFields,
  type ManagedEntries,
  type ManagedEntry,
  resetsManagedFields,
} from './managed-fields.ts'
export { type ObjectScale, scaleObject } from './scale.ts'
