// Difference × cause × permissions × history → verdict: what would be right, and whether it may be done now.
export {
  decideExtra,
  decideField,
  decideMissing,
  type FieldQuestion,
  type Permissions,
  type ReasonCode,
  type Response,
  type Severity,
  type Verdict,
} from './decide.ts'
export { CALM, type FightState, fights, fightsNow, isForgotten, noteHeal, noteRewrite, type Rewrite } from './fight.ts'
export { type Addition, decisionOn } from './takeover.ts'
