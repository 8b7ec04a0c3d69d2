// The expected and the unexpected differences of an application: resource, field, whose, of which class, what is to be done.
import type { DriftReport, ReportField, ReportIgnored, ReportObject } from './report.ts'

export interface InventoryRow {
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

const nameOf = ({ ref }: ReportObject): string => `${ref.kind} ${ref.name}`

/** Where Git's value is lower than live, a write takes capacity away. */
const CAPACITY = /\/resources\/|\/(?:replicas|minReplicas|maxReplicas|minAvailable|storage)(?:\/|$)/

function harmfulRow(object: ReportObject, field: ReportField): InventoryRow {
  const { ownedBy, cause } = field
  const owner = { git: 'Git review process', nobody: 'Nobody', controller: ownedBy.name, kubernetes: ownedBy.name }
  const expectedOwner = owner[ownedBy.kind] ?? 'a controller'
  const failed = cause.class === 'delivery-failure'
  return {
    resource: nameOf(object),
    field: field.pointer === '' ? field.path : field.pointer,
    expectedOwner: failed ? 'Controller and infrastructure' : expectedOwner,
    classification: failed ? 'Sync availability drift' : 'Harmful configuration drift',
    plannedAction: failed ? 'Mend the delivery, accuse nobody' : actionOf(field),
    is: 'harmful',
  }
}

function actionOf({ pointer, verdict }: ReportField): string {
  if (CAPACITY.test(pointer)) return 'Investigate before sync because capacity changes can be risky'
  return verdict.permitted ? 'Heal now' : 'Alert and sync or backport after investigation'
}

const EXPECTED: Readonly<Record<string, readonly [classification: string, action: string]>> = {
  'controller-managed': ['Expected controller-managed drift', 'Ignore this exact field'],
  'admission-mutation': [
    'Expected mutation if documented',
    'Ignore exact annotation prefix or move stable labels into Git',
  ],
  'runtime-metadata': ['Expected runtime assignment', 'Exclude from comparison'],
  defaulting: ['Expected default', 'Exclude from comparison'],
  'desired-configuration': ['Expected by an ignore rule', 'Review the rule'],
}

/** Told by the kind of who owns it. */
function expectedRow(object: ReportObject, ignored: ReportIgnored): InventoryRow {
  const [classification = '', plannedAction = ''] = EXPECTED[ignored.class] ?? ['Expected', 'Ignore this exact field']
  return {
    resource: nameOf(object),
    field: ignored.path,
    expectedOwner: ignored.owner ?? ignored.ownedBy.name ?? ignored.rule,
    classification,
    plannedAction,
    is: 'expected',
  }
}

function wholeRow(object: ReportObject): InventoryRow[] {
  if (object.difference === 'extra')
    return [
      {
        resource: nameOf(object),
        field: 'Entire object',
        expectedOwner: object.responsible?.name ?? 'No current owner',
        classification: 'Orphan resource drift',
        plannedAction: 'Prune after ownership review',
        is: 'orphan',
      },
    ]
  if (object.difference !== 'missing') return []
  return [
    {
      resource: nameOf(object),
      field: 'Entire object',
      expectedOwner: 'Git review process',
      classification: 'Harmful configuration drift',
      plannedAction: 'Create',
      is: 'harmful',
    },
  ]
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

/** Of a report with every object listed. Defaults are left out: they are no news to anybody. */
export function inventoryOf({ objects }: Pick<DriftReport, 'objects'>): Inventory {
  const rows = objects.flatMap((object) => [
    ...wholeRow(object),
    ...object.fields.map((field) => harmfulRow(object, field)),
    ...object.ignored.filter((one) => one.class !== 'defaulting').map((one) => expectedRow(object, one)),
  ])
  const all = [...rows, STATUS]
  const gaps = (['expected', 'harmful', 'orphan'] as const).flatMap((is) => {
    const found = all.filter((row) => row.is === is).length
    return found >= WANTED[is] ? [] : [`${found} of at least ${WANTED[is]} ${is} scenarios`]
  })
  return { rows: all, gaps }
}
