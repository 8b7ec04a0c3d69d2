// The shipped rules about who else may write what. Data; users' own rules have the same form.
import type { DelegationRule } from './delegation.ts'
import { OTHER_DELEGATIONS } from './delegations-other.ts'
import { POD_DELEGATIONS } from './delegations-pods.ts'

export const DELEGATIONS: readonly DelegationRule[] = [...POD_DELEGATIONS, ...OTHER_DELEGATIONS]
