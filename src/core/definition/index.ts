// Argo CD's objects as users write them → what Holdfast works with.
export type * from './types.ts'
