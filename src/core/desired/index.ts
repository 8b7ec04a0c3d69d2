// Rendered objects → the desired set of one application.
export type * from './types.ts'
