// The permissions that the Application and the operator's mode give, applied to one difference.
import type { Cause, FieldOwnerKind } from '../classify/index.ts'
import type { FieldChange } from '../compare/index.ts'
import { type FieldPath, isMap } from '../kube/index.ts'

export type Response = 'heal' | 'alert' | 'ignore' | 'backport' | 'prune' | 'escalate' | 'hold'
export type Severity = 'info' | 'warning' | 'critical'

/** Why a verdict is permitted or not. Stable: scripts and dashboards may rely on the words. */
export type ReasonCode =
  | 'drift'
  | 'sync'
  | 'requested'
  | 'mode-observe'
  | 'not-leader'
  | 'other-controller'
  | 'automated-off'
  | 'self-heal-off'
  | 'prune-off'
  | 'prune-protected'
  | 'desired-incomplete'
  | 'desired-empty'
  | 'pre-existing'
  | 'fight'
  | 'reported-only'
  | 'restart-requested'
  | 'ignore-rule-broken'
  | 'claimed-by-other-app'
  | 'unproven'
  | 'skipped'

export interface Verdict {
  readonly response: Response
  readonly permitted: boolean
  readonly because: ReasonCode
  /** The rule that decided: `builtin/…` until policies say otherwise. */
  readonly rule: string
  readonly severity: Severity
}

/** What may be done for this app now. `blocked` says why nothing may be written at all. */
export interface Permissions {
  readonly blocked: ReasonCode | null
  /** Asked by who only reads: it tells what stands against a write by the controller, and permits none itself. */
  readonly readOnly?: boolean
  readonly automated: {
    readonly enabled: boolean
    readonly prune: boolean
    readonly selfHeal: boolean
    readonly allowEmpty: boolean
  }
  /** The revision in force was not synced yet: Git's changes are to be brought in. */
  readonly syncPending: boolean
  /** Someone asked for a sync of this object. */
  readonly requested: { readonly prune: boolean } | null
  readonly desiredComplete: boolean
  readonly desiredEmpty: boolean
}

export interface FieldQuestion {
  readonly field: FieldChange
  readonly cause: Cause
  readonly permissions: Permissions
  /** Was there before enforcement of this object began. */
  readonly preExisting: boolean
  readonly fighting: boolean
  /** An ignore rule that matches this object cannot be used: hold. */
  readonly ruleBroken: boolean
  readonly contested: boolean
  /** The server's own form is not to be had: an addition that nobody is known to have made may be a default. */
  readonly unproven: boolean
  /** Whose the field is; nobody's may be edited by nobody. */
  readonly ownedBy: FieldOwnerKind
}

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

/** `kubectl rollout restart`: its annotation, alone in a map of annotations that Git does not declare at all or beside others. */
function isRestart({ change, path, live }: FieldChange): boolean {
  const last = path.at(-1)
  if (change !== 'added' || last?.kind !== 'field') return false
  if (last.name === RESTARTED_AT) return true
  if (last.name !== 'annotations' || !isMap(live)) return false
  const names = Object.keys(live)
  return names.length === 1 && names[0] === RESTARTED_AT
}

/** Finalizers and owner references decide over an object's life: never written by us. */
function isLifecycle([first, second]: FieldPath): boolean {
  if (first?.kind !== 'field' || first.name !== 'metadata' || second?.kind !== 'field') return false
  return second.name === 'finalizers' || second.name === 'ownerReferences'
}

/** Widening privilege or exposure: worth more than a warning. */
const CRITICAL =
  /privileged|hostNetwork|hostPID|hostIPC|hostPath|capabilities|externalIPs|allowPrivilegeEscalation|runAsUser/

function isCritical(field: FieldChange): boolean {
  if (CRITICAL.test(field.at)) return true
  if (field.change !== 'added') return false
  return (
    /\.(initContainers|containers|ephemeralContainers)\[[^\]]*\]$/.test(field.at) ||
    /^\.(rules|subjects|spec\.ingress|spec\.egress)/.test(field.at)
  )
}

const severityOf = (field: FieldChange): Severity => (isCritical(field) ? 'critical' : 'warning')

const verdict = (
  response: Response,
  because: ReasonCode,
  options: { permitted: boolean; severity: Severity; rule?: string },
): Verdict => ({
  response,
  permitted: options.permitted,
  because,
  rule: options.rule ?? 'builtin/application-permissions',
  severity: options.severity,
})

/** Reasons that stand against any write of this field, in the order in which they are told. */
function obstacle(question: FieldQuestion): ReasonCode | null {
  if (question.contested) return 'claimed-by-other-app'
  if (question.ruleBroken) return 'ignore-rule-broken'
  if (question.permissions.blocked !== null) return question.permissions.blocked
  if (question.fighting) return 'fight'
  if (question.unproven && question.field.change === 'added' && question.cause.confidence === 'unknown')
    return 'unproven'
  return null
}

/** Git's side of the difference is ours to bring in when a sync is due; someone else's addition only under selfHeal. */
function permission(question: FieldQuestion): { permitted: boolean; because: ReasonCode } {
  const { permissions, field, cause } = question
  if (permissions.requested !== null) return { permitted: true, because: 'requested' }
  if (question.preExisting) return { permitted: false, because: 'pre-existing' }
  if (!permissions.automated.enabled) return { permitted: false, because: 'automated-off' }
  const fromGit = field.change !== 'added' || cause.means === 'left-git'
  if (permissions.syncPending && fromGit) return { permitted: true, because: 'sync' }
  if (!permissions.automated.selfHeal) return { permitted: false, because: 'self-heal-off' }
  return { permitted: true, because: 'drift' }
}

/** What is told and never done, whatever the permissions. */
function reportedOnly({ field, cause }: FieldQuestion): Verdict | null {
  if (isLifecycle(field.path)) {
    const severity = severityOf(field)
    return verdict('alert', 'reported-only', { permitted: false, severity, rule: 'builtin/never-heal-lifecycle' })
  }
  const [first] = field.path
  if (first?.kind === 'field' && first.name === 'status')
    return verdict('alert', 'reported-only', {
      permitted: false,
      severity: 'warning',
      rule: 'builtin/never-heal-status',
    })
  // A sync that removed it would roll everything out once more; what Git itself took back is Git's wish.
  if (cause.means === 'left-git' || !isRestart(field)) return null
  const rule = 'builtin/rollout-restart'
  return verdict('alert', 'restart-requested', { permitted: false, severity: 'info', rule })
}

function hindered(against: ReasonCode, severity: Severity): Verdict {
  if (against === 'fight') return verdict('escalate', against, { permitted: false, severity: 'critical' })
  const held = against === 'ignore-rule-broken' || against === 'claimed-by-other-app'
  return verdict(held ? 'hold' : 'heal', against, { permitted: false, severity })
}

function asRead(verdict: Verdict, { readOnly }: Permissions): Verdict {
  return readOnly === true && verdict.permitted ? { ...verdict, permitted: false, because: 'mode-observe' } : verdict
}

export function decideField(question: FieldQuestion): Verdict {
  return asRead(fieldVerdict(question), question.permissions)
}

function fieldVerdict(question: FieldQuestion): Verdict {
  const told = reportedOnly(question)
  if (told !== null) return told
  const severity = question.ownedBy === 'nobody' ? 'critical' : severityOf(question.field)
  const against = obstacle(question)
  if (against !== null) return hindered(against, severity)
  const { permitted, because } = permission(question)
  if (permitted) return verdict('heal', because, { permitted, severity })
  return verdict(because === 'pre-existing' ? 'hold' : 'alert', because, { permitted, severity })
}

/** An object that Git declares and the cluster lacks. */
export function decideMissing(permissions: Permissions, options: { contested: boolean }): Verdict {
  return asRead(missingVerdict(permissions, options), permissions)
}

function missingVerdict(permissions: Permissions, options: { contested: boolean }): Verdict {
  const severity: Severity = 'warning'
  if (options.contested) return verdict('hold', 'claimed-by-other-app', { permitted: false, severity })
  if (permissions.blocked !== null) return verdict('heal', permissions.blocked, { permitted: false, severity })
  if (permissions.requested !== null) return verdict('heal', 'requested', { permitted: true, severity })
  if (!permissions.automated.enabled) return verdict('alert', 'automated-off', { permitted: false, severity })
  if (permissions.syncPending) return verdict('heal', 'sync', { permitted: true, severity: 'info' })
  if (!permissions.automated.selfHeal) return verdict('alert', 'self-heal-off', { permitted: false, severity })
  return verdict('heal', 'drift', { permitted: true, severity })
}

/** An object of ours that Git no longer declares. */
export function decideExtra(permissions: Permissions, options: { protected: boolean }): Verdict {
  return asRead(extraVerdict(permissions, options), permissions)
}

function extraVerdict(permissions: Permissions, options: { protected: boolean }): Verdict {
  const no = (because: ReasonCode, response: Response = 'alert'): Verdict =>
    verdict(response, because, { permitted: false, severity: 'warning' })
  if (options.protected) return no('prune-protected')
  if (!permissions.desiredComplete) return no('desired-incomplete', 'hold')
  if (permissions.desiredEmpty && !permissions.automated.allowEmpty) return no('desired-empty', 'hold')
  if (permissions.blocked !== null) return no(permissions.blocked, 'prune')
  if (permissions.requested !== null) {
    return permissions.requested.prune
      ? verdict('prune', 'requested', { permitted: true, severity: 'info' })
      : no('prune-off')
  }
  if (!permissions.automated.enabled) return no('automated-off')
  if (!permissions.automated.prune) return no('prune-off')
  return verdict('prune', 'sync', { permitted: true, severity: 'info' })
}
