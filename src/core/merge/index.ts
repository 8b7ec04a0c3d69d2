// Kubernetes' structured merge: schemas, field sets, managedFields.
export type * from './types.ts'
