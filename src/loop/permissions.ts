// May this application be written to now, and if not, why?
import type { Permissions, ReasonCode } from '../core/decide/index.ts'
import { globMatches, type RequestedOperation } from '../core/definition/index.ts'
import type { AppContext } from '../core/evaluate/index.ts'
import { deliveryOf } from './delivery.ts'
import type { LoopOptions } from './deps.ts'
import type { AppState, Tracked } from './state.ts'

/** Another controller's status writes must have ended this long ago before enforcement begins. */
export const FOREIGN_QUIET_MS = 60_000

export interface Standing {
  readonly options: LoopOptions
  readonly leads: boolean
  /** Epoch ms. */
  readonly now: number
}

/** Of several replicas that enforce, the one that leads tells. */
export function mayTell({ options, leads }: Standing): boolean {
  return options.mode !== 'enforce' || leads
}

function isOptedIn(app: AppState, options: LoopOptions): boolean {
  const { definition } = app
  if (definition === null) return false
  if (definition.mode !== null) return definition.mode === 'enforce'
  if (app.project?.mode === 'enforce') return true
  return options.enforceApps.some((glob) => globMatches(glob, definition.name) || globMatches(glob, definition.key))
}

/** True while another controller reports through this Application's status. */
export function hasForeignWriter(app: AppState, now: number): boolean {
  return app.foreignStatusAt !== null && now - app.foreignStatusAt < FOREIGN_QUIET_MS
}

export function blockedBecause(app: AppState, standing: Standing): ReasonCode | null {
  const { options, leads, now } = standing
  if (app.removed || app.definition === null || !app.definitionUsable || app.definition.skip) return 'skipped'
  if (options.mode === 'observe' || !isOptedIn(app, options)) return 'mode-observe'
  if (hasForeignWriter(app, now)) return 'other-controller'
  return leads ? null : 'not-leader'
}

function selects(operation: RequestedOperation, tracked: Tracked): boolean {
  const { ref } = tracked
  return (
    operation.resources.length === 0 ||
    operation.resources.some(
      (resource) =>
        resource.group === ref.group &&
        resource.kind === ref.kind &&
        resource.name === ref.name &&
        (resource.namespace === '' || resource.namespace === ref.namespace),
    )
  )
}

export function permissionsOf(app: AppState, tracked: Tracked | null, standing: Standing): Permissions {
  const requested =
    app.requested !== null && !app.requested.dryRun && (tracked === null || selects(app.requested, tracked))
      ? { prune: app.requested.prune }
      : null
  const none = { enabled: false, prune: false, selfHeal: false, allowEmpty: false }
  return {
    blocked: blockedBecause(app, standing),
    automated: app.definition?.automated ?? none,
    syncPending: tracked?.pending ?? false,
    requested,
    desiredComplete: app.desiredComplete,
    desiredEmpty: app.desiredEmpty,
  }
}

export function contextOf(tracked: Tracked, standing: Standing): AppContext {
  const { app } = tracked
  return {
    app: app.key,
    revision: app.revision,
    permissions: permissionsOf(app, tracked, standing),
    delivery: deliveryOf(tracked),
    ignore: app.rules,
    ownership: app.ownership,
    owners: app.owners,
    takeover: app.definition?.takeover ?? [],
    digestKey: standing.options.digestKey,
  }
}
