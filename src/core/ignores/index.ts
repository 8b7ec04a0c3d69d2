// What ignore rules do and what is wrong with them. Rules in, findings out; nothing here changes what is compared.
export type * from './types.ts'
export { type Delegation, delegationManifest } from './delegation.ts'
export { type Explained, explainObject, type Silence } from './explain.ts'
export { lint, type LintOptions } from './lint.ts'
export { ruledObject } from './objects.ts'
export { isOverdue, ruleProblems } from './standing.ts'
export { trial, type Trial, type TriedObject } from './trial.ts'
export { usesOf } from './use.ts'
