import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { causeOf, type FieldOwnerKind, type Means } from '../../../src/core/classify/index.ts'
import type { ChangeKind } from '../../../src/core/compare/index.ts'
import {
  decideExtra,
  decideField,
  decideMissing,
  type Permissions,
  type ReasonCode,
} from '../../../src/core/decide/index.ts'
import { type FieldPath, type Json, pathKey } from '../../../src/core/kube/index.ts'

interface When {
  readonly blocked?: ReasonCode
  readonly readOnly?: boolean
  readonly enabled?: boolean
  readonly prune?: boolean
  readonly selfHeal?: boolean
  readonly allowEmpty?: boolean
  readonly pending?: boolean
  readonly requested?: boolean
  readonly requestedPrune?: boolean
  readonly complete?: boolean
  readonly empty?: boolean
  readonly preExisting?: boolean
  readonly fighting?: boolean
  readonly ruleBroken?: boolean
  readonly contested?: boolean
  readonly unproven?: boolean
  readonly ownedBy?: FieldOwnerKind
  readonly protected?: boolean
  readonly change?: ChangeKind
  readonly path?: string
  readonly live?: Json
  readonly means?: Means
  readonly confidence?: 'likely' | 'unknown'
}
interface Row {
  readonly when: When
  /** response, whether permitted, because, severity (`warning` when left out) */
  readonly then: string
}

const read = (file: string): unknown =>
  load(readFileSync(new URL(`../../cases/decide/${file}`, import.meta.url), 'utf8'))
const field = read('field.yaml') as { rows: Row[] }
const whole = read('whole.yaml') as { missing: Row[]; extra: Row[] }

const permissionsOf = (when: When): Permissions => ({
  blocked: when.blocked ?? null,
  readOnly: when.readOnly ?? false,
  automated: {
    enabled: when.enabled ?? true,
    prune: when.prune ?? true,
    selfHeal: when.selfHeal ?? true,
    allowEmpty: when.allowEmpty ?? false,
  },
  syncPending: when.pending ?? false,
  requested: when.requested === true ? { prune: when.requestedPrune ?? false } : null,
  desiredComplete: when.complete ?? true,
  desiredEmpty: when.empty ?? false,
})

/** Dotted; `~` stands for a dot inside a name. */
const pathOf = (text: string): FieldPath =>
  text.split('.').map((name) => ({ kind: 'field', name: name.replaceAll('~', '.') }))

const told = (verdict: { response: string; permitted: boolean; because: string; severity: string }): string =>
  [verdict.response, verdict.permitted ? 'yes' : 'no', verdict.because, verdict.severity].join(' ')
const wanted = (then: string): string => (then.split(' ').length === 4 ? then : `${then} warning`)
const named = (rows: Row[]) => rows.map((row) => ({ ...row, name: JSON.stringify(row.when) }))

describe('decideField', () => {
  it.each(named(field.rows))('$name → $then', ({ when, then }) => {
    const path = pathOf(when.path ?? 'spec.replicas')
    const change = when.change ?? 'changed'
    const verdict = decideField({
      field: { path, at: pathKey(path), pointer: '', change, live: when.live ?? 'x' },
      cause: causeOf({
        class: 'desired-configuration',
        means: when.means ?? 'kubectl',
        mechanism: 'manual',
        source: 'live',
        confidence: when.confidence ?? 'likely',
      }),
      permissions: permissionsOf(when),
      preExisting: when.preExisting ?? false,
      fighting: when.fighting ?? false,
      ruleBroken: when.ruleBroken ?? false,
      contested: when.contested ?? false,
      unproven: when.unproven ?? false,
      ownedBy: when.ownedBy ?? 'git',
    })
    expect(told(verdict)).toBe(wanted(then))
  })
})

describe('a whole object', () => {
  it.each(named(whole.missing))('missing $name → $then', ({ when, then }) => {
    const verdict = decideMissing(permissionsOf(when), { contested: when.contested ?? false })
    expect(told(verdict)).toBe(wanted(then))
  })
  it.each(named(whole.extra))('extra $name → $then', ({ when, then }) => {
    const verdict = decideExtra(permissionsOf(when), { protected: when.protected ?? false })
    expect(told(verdict)).toBe(wanted(then))
  })
})
