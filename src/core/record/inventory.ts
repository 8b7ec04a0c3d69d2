// The expected and the unexpected differences of an application: resource, field, whose, of which class, what is to be done.
import type { DriftClass } from '../classify/index.ts'
import { SERVER_WRITTEN_RULE } from '../compare/index.ts'
import { formatRef } from '../kube/index.ts'
import type { DriftReport, ReportField, ReportIgnored, ReportObject, ReportOrphan } from './report.ts'

export interface InventoryRow {
  /** `formatRef` */
  readonly resource: string
  /** A pointer, or `Entire object`. */
  readonly field: string
  readonly expectedOwner: string
  readonly classification: string
  readonly plannedAction: string
  readonly is: 'expected' | 'harmful' | 'orphan'
}

export interface Inventory {
  readonly rows: readonly InventoryRow[]
  /** Scenarios that the inventory does not cover. */
  readonly gaps: readonly string[]
}

const ENTIRE = 'Entire object'

type Judged = Pick<InventoryRow, 'classification' | 'plannedAction' | 'is'>

/** What is meant by whoever it belongs to. */
const EXPECTED: Readonly<Partial<Record<DriftClass, Judged>>> = {
  'controller-managed': {
    classification: 'Expected controller-managed drift',
    plannedAction: 'Ignore this exact field',
    is: 'expected',
  },
  'admission-mutation': {
    classification: 'Expected mutation if documented',
    plannedAction: 'Ignore exact annotation prefix or move stable labels into Git',
    is: 'expected',
  },
  'runtime-metadata': {
    classification: 'Expected runtime assignment',
    plannedAction: 'Exclude from comparison',
    is: 'expected',
  },
  defaulting: { classification: 'Expected default', plannedAction: 'Exclude from comparison', is: 'expected' },
}

const BY_RULE: Judged = {
  classification: 'Expected by an ignore rule',
  plannedAction: 'Review the rule',
  is: 'expected',
}

const UNDELIVERED: Judged = {
  classification: 'Sync availability drift',
  plannedAction: 'Mend the delivery, accuse nobody',
  is: 'harmful',
}

const harmful = (plannedAction: string): Judged => ({
  classification: 'Harmful configuration drift',
  plannedAction,
  is: 'harmful',
})

/** Where Git's value is lower than live, a write takes capacity away. */
const CAPACITY = /\/resources\/|\/(?:replicas|minReplicas|maxReplicas|minAvailable|storage)(?:\/|$)/

function judged({ pointer, cause, verdict }: ReportField): Judged {
  if (cause.class === 'delivery-failure') return UNDELIVERED
  const expected = EXPECTED[cause.class]
  if (expected !== undefined) return expected
  if (CAPACITY.test(pointer)) return harmful('Investigate before sync because capacity changes can be risky')
  return harmful(verdict.permitted ? 'Heal now' : 'Alert and sync or backport after investigation')
}

function ownerOf({ ownedBy, cause }: ReportField): string {
  if (cause.class === 'delivery-failure') return 'Controller and infrastructure'
  if (EXPECTED[cause.class] !== undefined && cause.owner !== null) return cause.owner
  const owner = { git: 'Git review process', nobody: 'Nobody', controller: ownedBy.name, kubernetes: ownedBy.name }
  return owner[ownedBy.kind] ?? 'a controller'
}

function fieldRow({ ref }: ReportObject, field: ReportField): InventoryRow {
  const place = field.pointer === '' ? field.path : field.pointer
  return { resource: formatRef(ref), field: place, expectedOwner: ownerOf(field), ...judged(field) }
}

function ignoredRow({ ref }: ReportObject, ignored: ReportIgnored): InventoryRow {
  return {
    resource: formatRef(ref),
    field: ignored.pointer === '' ? ignored.path : ignored.pointer,
    expectedOwner: ignored.owner ?? ignored.ownedBy.name ?? ignored.rule,
    ...(EXPECTED[ignored.class] ?? BY_RULE),
  }
}

function orphanRow({ ref }: ReportObject | ReportOrphan, owner: string | undefined): InventoryRow {
  return {
    resource: formatRef(ref),
    field: ENTIRE,
    expectedOwner: owner ?? 'No current owner',
    classification: 'Orphan resource drift',
    plannedAction: 'Prune after ownership review',
    is: 'orphan',
  }
}

function missingRow({ ref, cause }: ReportObject): InventoryRow {
  const failed = cause?.class === 'delivery-failure'
  return {
    resource: formatRef(ref),
    field: ENTIRE,
    expectedOwner: failed ? 'Controller and infrastructure' : 'Git review process',
    ...(failed ? UNDELIVERED : harmful('Create')),
  }
}

function wholeRows(object: ReportObject): InventoryRow[] {
  if (object.difference === 'extra') return [orphanRow(object, object.responsible?.name)]
  return object.difference === 'missing' ? [missingRow(object)] : []
}

const STATUS: InventoryRow = {
  resource: 'Any managed object',
  field: '/status',
  expectedOwner: 'Kubernetes controllers',
  classification: 'Expected runtime status',
  plannedAction: 'Exclude from comparison',
  is: 'expected',
}

const WANTED = { expected: 3, harmful: 2, orphan: 1 } as const

/** Defaults are none, nor is what the server alone writes: one row tells that of all objects. */
const isNews = ({ class: driftClass, rule }: ReportIgnored): boolean =>
  driftClass !== 'defaulting' && rule !== SERVER_WRITTEN_RULE

/** Of a report with every object listed. What is no news to anybody is left out. */
export function inventoryOf({ objects, orphans = [] }: Pick<DriftReport, 'objects' | 'orphans'>): Inventory {
  const rows = objects.flatMap((object) => [
    ...wholeRows(object),
    ...object.fields.map((field) => fieldRow(object, field)),
    ...object.ignored.filter(isNews).map((one) => ignoredRow(object, one)),
  ])
  const all = [...rows, ...orphans.map((orphan) => orphanRow(orphan, undefined)), STATUS]
  const gaps = (['expected', 'harmful', 'orphan'] as const).flatMap((is) => {
    const found = all.filter((row) => row.is === is).length
    return found >= WANTED[is] ? [] : [`${found} of at least ${WANTED[is]} ${is} scenarios`]
  })
  return { rows: all, gaps }
}
