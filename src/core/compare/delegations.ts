// The shipped rules about who else may write what. Data; users' own rules have the same form.
import type { DelegationRule } from './delegation.ts'
import { AUTHORITY_DELEGATIONS } from './delegations-authorities.ts'
import { DELIVERY_DELEGATIONS } from './delegations-delivery.ts'
import { INJECTOR_DELEGATIONS } from './delegations-injectors.ts'
import { MARK_DELEGATIONS } from './delegations-marks.ts'
import { POD_DELEGATIONS } from './delegations-pods.ts'
import { SECRET_DELEGATIONS } from './delegations-secrets.ts'

export const DELEGATIONS: readonly DelegationRule[] = [
  ...POD_DELEGATIONS,
  ...INJECTOR_DELEGATIONS,
  ...AUTHORITY_DELEGATIONS,
  ...SECRET_DELEGATIONS,
  ...DELIVERY_DELEGATIONS,
  ...MARK_DELEGATIONS,
]
