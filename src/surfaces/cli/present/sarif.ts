import { formatRef } from '../../../core/kube/index.ts'
import type { DriftReport, ReportField, ReportObject, ReportProblem } from '../../../core/record/index.ts'
import { lineText, prettyJson, valueText } from './plain.ts'
import { actorText, objectName, pathText, placeText, stateText, verdictText } from './wording.ts'

const VALUE_LIMIT = 300

type Level = 'error' | 'warning' | 'note'

const RULES = [
  ['drift/changed', 'A field differs between Git and the cluster.'],
  ['drift/added', 'Something is in the cluster that Git does not have.'],
  ['drift/removed', 'Something that Git has is not in the cluster.'],
  ['drift/missing', 'An object that Git declares is not in the cluster.'],
  ['drift/extra', 'An object in the cluster is no longer in Git.'],
  ['drift/unknown', 'An object could not be compared.'],
] as const

interface Result {
  readonly ruleId: string
  readonly level: Level
  readonly message: { readonly text: string }
  readonly locations: readonly object[]
  readonly partialFingerprints?: Readonly<Record<string, string>>
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

function physical(place: { readonly file?: string; readonly line?: number }): object {
  if (place.file === undefined || place.file === '') return {}
  const region = place.line !== undefined && place.line > 0 ? { region: { startLine: place.line } } : {}
  return { physicalLocation: { artifactLocation: { uri: uri(place.file) }, ...region } }
}

function location(object: ReportObject, path: string): object {
  return {
    ...physical(object.origin ?? {}),
    logicalLocations: [{ fullyQualifiedName: lineText(`${formatRef(object.ref)}${path}`), kind: 'resource' }],
  }
}

function fieldResult(object: ReportObject, field: ReportField): Result {
  const values = [field.desired, field.live]
    .filter((value) => value !== undefined)
    .map((value) => valueText(value, VALUE_LIMIT))
  const text = `${objectName(object)} ${pathText(field)} ${field.change}: ${values.join(' → ')}; ${actorText(field)}; ${verdictText(field)}`
  return {
    ruleId: `drift/${field.change}`,
    level: LEVELS[field.verdict.severity] ?? 'warning',
    message: message(text),
    locations: [location(object, field.path)],
    partialFingerprints: { 'holdfastDrift/v1': field.fingerprint },
  }
}

function objectResults(object: ReportObject): Result[] {
  if (object.status === 'Synced') return []
  const fields = object.fields.map((field) => fieldResult(object, field))
  if (object.difference === 'changed') return fields
  const told = [
    objectName(object),
    stateText(object),
    object.message === undefined ? '' : lineText(object.message),
  ].filter((part) => part !== '')
  const whole: Result = {
    ruleId: `drift/${object.difference ?? 'unknown'}`,
    level: object.status === 'Unknown' ? 'error' : (LEVELS[object.verdict?.severity ?? 'warning'] ?? 'warning'),
    message: message(told.join('; ')),
    locations: [location(object, '')],
  }
  return [whole, ...fields]
}

function problemResult(problem: ReportProblem): Result {
  const place = placeText(problem)
  const text = `${place === '' ? '' : `${place}: `}${lineText(problem.message)} ${lineText(problem.action)}`
  const where = physical(problem.subject)
  return {
    ruleId: problem.code,
    level: problem.severity,
    message: message(text),
    locations: Object.keys(where).length === 0 ? [] : [where],
  }
}

/** SARIF 2.1.0: one result per field, object and problem. */
export function reportSarif(report: DriftReport, tool: { readonly version: string }): string {
  const results = [...report.objects.flatMap(objectResults), ...report.problems.map(problemResult)]
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
