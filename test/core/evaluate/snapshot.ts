// A case file → the snapshot that `evaluateObject` is to be given.
import { CALM, type Permissions, type ReasonCode } from '../../../src/core/decide/index.ts'
import type { AppContext, ObjectSnapshot } from '../../../src/core/evaluate/index.ts'
import type { LeaveAlone } from '../../../src/core/desired/index.ts'
import type { Neighbours } from '../../../src/core/compare/index.ts'
import { type KubeObject, refOf } from '../../../src/core/kube/index.ts'
import { problem } from '../../../src/core/problem/index.ts'
import { ignoreRulesOf, schemaOfKind } from '../compare/read-case.ts'

export const NOW = Date.parse('2026-02-03T04:05:06Z')

export interface Given {
  readonly desired: KubeObject | null
  readonly live?: KubeObject | null
  readonly unknown?: boolean
  /** true = what Git declares, unchanged by the server. */
  readonly form?: KubeObject | true
  readonly formBefore?: KubeObject
  readonly question?: ObjectSnapshot['question']
  readonly refusal?: string
  readonly ignore?: readonly object[]
  readonly takeover?: AppContext['takeover']
  readonly neighbours?: Neighbours
  readonly contender?: string
  readonly otherDeliverers?: readonly string[]
  readonly pruneProtected?: boolean
  readonly declaredOnly?: boolean
  readonly leave?: LeaveAlone
  readonly permissions?: {
    readonly blocked?: ReasonCode
    readonly enabled?: boolean
    readonly prune?: boolean
    readonly selfHeal?: boolean
    readonly pending?: boolean
    readonly requested?: boolean
  }
  readonly history?: {
    readonly enforced?: boolean
    readonly preExisting?: readonly string[]
    readonly fights?: readonly string[]
  }
}

function permissionsOf(given: Given['permissions'] = {}): Permissions {
  return {
    blocked: given.blocked ?? null,
    automated: {
      enabled: given.enabled ?? true,
      prune: given.prune ?? true,
      selfHeal: given.selfHeal ?? true,
      allowEmpty: false,
    },
    syncPending: given.pending ?? false,
    requested: given.requested === true ? { prune: false } : null,
    desiredComplete: true,
    desiredEmpty: false,
  }
}

export function appOf(given: Given): AppContext {
  const application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.example.com/org/infra.git', path: 'web' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' },
      ignoreDifferences: given.ignore ?? [],
    },
  }
  return {
    app: 'argocd/web',
    revision: 'a'.repeat(40),
    permissions: permissionsOf(given.permissions),
    ignore: ignoreRulesOf(application),
    digestKey: 'key',
    ...(given.takeover === undefined ? {} : { takeover: given.takeover }),
  }
}

function historyOf({ history = {} }: Given): ObjectSnapshot['history'] {
  const fought = { ...CALM, until: NOW + 1000, backoffMs: 1000, opponent: 'ctl' }
  return {
    enforced: history.enforced ?? false,
    preExisting: new Set(history.preExisting ?? []),
    fights: new Map((history.fights ?? []).map((at) => [at, fought])),
    firstSeen: new Map(),
    authors: new Map(),
  }
}

function liveOf(given: Given): ObjectSnapshot['live'] {
  if (given.unknown !== true) return { state: 'complete', value: given.live ?? null }
  return { state: 'unknown', problems: [problem('HF4001', 'it could not be read', {})] }
}

function formOf({ form, desired }: Given): KubeObject | null {
  return form === true ? desired : (form ?? null)
}

export function snapshotOf(given: Given): ObjectSnapshot {
  const object = given.desired ?? given.live
  const ref = object === null || object === undefined ? GONE : refOf(object)
  const options = {
    prune: true,
    pruneLast: false,
    delete: true,
    ignoreExtraneous: false,
    validate: true,
    declaredOnly: given.declaredOnly ?? false,
    leave: given.leave ?? null,
  }
  const origin = { file: 'app.yaml', line: 1 }
  return {
    ref,
    desired:
      given.desired === null
        ? null
        : { ref, object: given.desired, digest: 'd', origin, wave: 0, options, secret: ref.kind === 'Secret' },
    live: liveOf(given),
    schema: schemaOfKind(ref),
    normalForm: formOf(given),
    formBefore: given.formBefore ?? null,
    question: given.question ?? 'never',
    ...(given.refusal === undefined ? {} : { refusal: given.refusal }),
    neighbours: given.neighbours ?? { autoscalers: [] },
    history: historyOf(given),
    contender: given.contender ?? null,
    ...(given.otherDeliverers === undefined ? {} : { otherDeliverers: given.otherDeliverers }),
    pruneProtected: given.pruneProtected ?? false,
    now: NOW,
  }
}

const GONE = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name: 'gone' }
