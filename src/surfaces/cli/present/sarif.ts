import { createHash } from 'node:crypto'
import { formatRef } from '../../../core/kube/index.ts'
import type { DriftReport, ReportField, ReportObject, ReportOrphan, ReportProblem } from '../../../core/record/index.ts'
import { lineText, prettyJson, valueText } from './plain.ts'
import {
  actorText,
  coexistenceTexts,
  objectName,
  orphanText,
  pathText,
  placeText,
  problemText,
  stateText,
  verdictText,
} from './wording.ts'

const VALUE_LIMIT = 300

type Level = 'error' | 'warning' | 'note'

const RULES = [
  ['drift/changed', 'A field differs between Git and the cluster.'],
  ['drift/added', 'Something is in the cluster that Git does not have.'],
  ['drift/removed', 'Something that Git has is not in the cluster.'],
  ['drift/missing', 'An object that Git declares is not in the cluster.'],
  ['drift/extra', 'An object in the cluster is no longer in Git.'],
  ['drift/orphan', 'An object in the cluster that nobody declares.'],
  ['drift/unknown', 'An object could not be compared.'],
] as const

interface Result {
  readonly ruleId: string
  readonly level: Level
  readonly message: { readonly text: string }
  readonly locations: readonly object[]
  readonly partialFingerprints?: Readonly<Record<string, string>>
  readonly properties?: Readonly<Record<string, string>>
}

const LEVELS: Readonly<Record<string, Level>> = { critical: 'error', warning: 'warning', info: 'note' }

/** SARIF reads `[text](target)` in a message as a link; a backslash takes that meaning away. */
function message(text: string): { readonly text: string } {
  return { text: text.replace(/[[\]\\]/g, '\\$&') }
}

/** Repository paths as URI references: each part percent-encoded, never absolute, never upwards. */
function uri(file: string): string {
  const parts = file.split('/').filter((part) => part !== '' && part !== '.' && part !== '..')
  return parts.map((part) => encodeURIComponent(part.replace(/\p{Cs}/gu, '\ufffd'))).join('/')
}

interface Place {
  readonly file?: string
  readonly line?: number
}

function physical(place: Place): object {
  if (place.file === undefined || place.file === '') return {}
  const region = place.line !== undefined && place.line > 0 ? { region: { startLine: place.line } } : {}
  return { physicalLocation: { artifactLocation: { uri: uri(place.file) }, ...region } }
}

/** Code scanning refuses a whole run for one result without a file: what was compared stands in then. */
function placeOr(place: Place, { context }: DriftReport): object {
  const own = physical(place)
  if (Object.keys(own).length > 0) return own
  const desired = context?.desired ?? ''
  return physical({ file: uri(desired) === '' ? 'holdfast' : desired, line: 1 })
}

function location(report: DriftReport, object: ReportObject, path: string): object {
  return {
    ...placeOr(object.origin ?? {}, report),
    logicalLocations: [{ fullyQualifiedName: lineText(`${formatRef(object.ref)}${path}`), kind: 'resource' }],
  }
}

function fieldResult(report: DriftReport, object: ReportObject, field: ReportField): Result {
  const values = [field.desired, field.live]
    .filter((value) => value !== undefined)
    .map((value) => valueText(value, VALUE_LIMIT))
  const text = `${objectName(object)} ${pathText(field)} ${field.change}: ${values.join(' → ')}; ${actorText(field)}; ${verdictText(field)}`
  return {
    ruleId: `drift/${field.change}`,
    level: LEVELS[field.verdict.severity] ?? 'warning',
    message: message(text),
    locations: [location(report, object, field.path)],
    partialFingerprints: { 'holdfastDrift/v1': field.fingerprint },
    properties: { class: field.cause.class, response: field.verdict.response },
  }
}

function wholeKey({ context }: DriftReport, { ref, difference }: ReportObject): string {
  return JSON.stringify([context?.app ?? '', formatRef(ref), difference ?? 'unknown'])
}

function objectResults(report: DriftReport, object: ReportObject): Result[] {
  if (object.status === 'Synced') return []
  const fields = object.fields.map((field) => fieldResult(report, object, field))
  if (object.difference === 'changed') return fields
  const told = [
    objectName(object),
    stateText(object),
    object.message === undefined ? '' : lineText(object.message),
    ...coexistenceTexts(object),
  ].filter((part) => part !== '')
  const whole: Result = {
    ruleId: `drift/${object.difference ?? 'unknown'}`,
    level: object.status === 'Unknown' ? 'error' : (LEVELS[object.verdict?.severity ?? 'warning'] ?? 'warning'),
    message: message(told.join('; ')),
    locations: [location(report, object, '')],
    // Of the whole object: there is one such result for it in a run.
    partialFingerprints: {
      'holdfastDrift/v1': createHash('sha256').update(wholeKey(report, object)).digest('hex').slice(0, 32),
    },
  }
  return [whole, ...fields]
}

function orphanResult(report: DriftReport, orphan: ReportOrphan): Result {
  return {
    ruleId: 'drift/orphan',
    level: 'note',
    message: message([orphanText(orphan), ...coexistenceTexts(orphan)].join('; ')),
    locations: [
      {
        ...placeOr({}, report),
        logicalLocations: [{ fullyQualifiedName: lineText(formatRef(orphan.ref)), kind: 'resource' }],
      },
    ],
  }
}

function problemResult(report: DriftReport, problem: ReportProblem): Result {
  const place = placeText(problem)
  const text = `${place === '' ? '' : `${place}: `}${problemText(problem)} ${lineText(problem.action)}`
  return {
    ruleId: problem.code,
    level: problem.severity,
    message: message(text),
    locations: [placeOr(problem.subject, report)],
  }
}

/** SARIF 2.1.0: one result per field, object and problem. */
export function reportSarif(report: DriftReport, tool: { readonly version: string }): string {
  const results = [
    ...report.objects.flatMap((object) => objectResults(report, object)),
    ...(report.orphans ?? []).map((orphan) => orphanResult(report, orphan)),
    ...report.problems.map((problem) => problemResult(report, problem)),
  ]
  const known = new Set(results.map(({ ruleId }) => ruleId))
  const codes = [...known].filter((id) => id.startsWith('HF')).map((id) => ({ id }))
  const rules = [
    ...RULES.filter(([id]) => known.has(id)).map(([id, text]) => ({ id, shortDescription: { text } })),
    ...codes,
  ]
  return prettyJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      { tool: { driver: { name: 'Holdfast', version: tool.version, rules } }, columnKind: 'utf16CodeUnits', results },
    ],
  })
}
