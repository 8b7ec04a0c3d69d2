// desired × live → what differs, field by field, and what explains the rest.
export { compare } from './compare.ts'
export { indexRules, kindName, type RuleIndex } from './explain.ts'
export type * from './types.ts'
