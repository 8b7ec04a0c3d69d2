// Object → health, as Argo CD's built-in checks tell it.
export type * from './types.ts'
export { appHealth, healthOf, type ResourceHealth } from './health.ts'
