// desired × live → what differs, field by field, and what explains the rest.
export { compare } from './compare.ts'
export { POD_SPEC as POD_SPECS } from './builtin-rules.ts'
export { beneath, overreach } from './beneath.ts'
export { fieldClass, type FieldClass, isSensitive } from './field-class.ts'
export { switchableRules, type SwitchableRule } from './switchable.ts'
export { UNSTABLE } from './unstable.ts'
export { SERVER_WRITTEN_RULE, serverWritten } from './server-written.ts'
export { indexRules, kindName, type RuleIndex } from './explain.ts'
export type * from './delegation.ts'
export type * from './neighbours.ts'
export {
  autoscalerFact,
  type EvidenceKind,
  evidenceKinds,
  injectorFacts,
  namespaceAnnotations,
  namingFact,
} from './evidence-facts.ts'
export { AUTOSCALERS, INJECTORS } from './evidence.ts'
export { webhooksOf } from './evidence-webhooks.ts'
export { VERTICAL, verticalFact } from './vertical.ts'
export type * from './types.ts'
export { shippedRule, type ShippedRule } from './shipped-rule.ts'
