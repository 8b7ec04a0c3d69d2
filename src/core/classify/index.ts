// Difference × evidence → cause: which class of drift, who, by what means, how sure.
export {
  classifyField,
  classifyObject,
  type Actor,
  type Cause,
  type Confidence,
  type DriftClass,
  type Evidence,
} from './classify.ts'
export { DELIVERERS, FIELD_MANAGER, isDeliverer, ownershipOf, type OwnedEntry, type Ownership } from './ownership.ts'
