// One object, field by field: declared, live, whose, why, what next.
import { createColors } from 'picocolors'
import { shippedRule } from '../../../core/compare/index.ts'
import { formatRef } from '../../../core/kube/index.ts'
import type { DriftReport, ReportField, ReportIgnored, ReportObject } from '../../../core/record/index.ts'
import { count, lineText, prettyJson, valueText } from './plain.ts'
import {
  actorText,
  ignoredText,
  objectName,
  pathText,
  placeText,
  problemText,
  SIGNS,
  stateText,
  verdictText,
} from './wording.ts'

export interface Explained {
  readonly context?: NonNullable<DriftReport['context']>
  readonly objects: readonly ReportObject[]
  readonly problems: DriftReport['problems']
}

interface Options {
  readonly color: 'always' | 'never'
  readonly columns: number | null
}

const WAYS: Readonly<Record<ReportField['cause']['mechanism'], string>> = {
  manual: 'changed by hand in the cluster',
  controller: 'changed by a controller',
  defaulting: 'filled in by the API server',
  failure: 'not brought in: the sync failed',
  git: 'changed in Git, not brought in yet',
  generator: 'rendered otherwise, though Git did not change',
  unknown: 'changed in a way that is not known',
}

const FIXES: Readonly<Record<NonNullable<ReportField['cause']['fixBelongsIn']>, string>> = {
  repository: 'change it in the repository',
  permissions: 'prevent it with RBAC',
  'ignore-rules': 'write an ignore rule for it',
  'controller-settings': 'change the settings of the controller that writes it, or leave the field to it',
  'incident-process': 'find out who wrote it',
}

type Colors = ReturnType<typeof createColors>
const VALUE = 400

const row = (name: string, text: string): string => `    ${name.padEnd(9)}${text}`

/** Who made it, in words: `kubectl edit by kubectl-edit (likely), a person`. */
function whoText({ cause }: ReportField): string {
  const kind = cause.actor.kind === 'unknown' ? '' : `, a ${cause.actor.kind}`
  const tool = cause.tool === null ? cause.means : cause.tool
  return lineText(`${actorText({ cause })}; ${tool}${kind}`)
}

/** `changed by hand in the cluster (desired-configuration, manual)`. */
function causeText({ cause }: ReportField): string {
  const meant = cause.intended ? ', as intended' : ''
  const before = cause.preExisting ? ', before enforcement began' : ''
  return lineText(`${WAYS[cause.mechanism]}${meant}${before} (${cause.class}, ${cause.mechanism})`)
}

function ownedText({ ownedBy }: Pick<ReportField, 'ownedBy'>): string {
  const name = ownedBy.name === null ? '' : ` (${ownedBy.name})`
  return lineText(`${ownedBy.kind}${name}, by ${ownedBy.source}`)
}

function fieldLines(field: ReportField, colors: Colors): string[] {
  const { cause, desired, live, firstSeen } = field
  const since = cause.actor.time === null ? `seen first ${firstSeen}` : `${cause.actor.time}, seen first ${firstSeen}`
  return [
    `  ${SIGNS[field.change]} ${colors.bold(pathText(field))}`,
    row('Git', desired === undefined ? '(nothing)' : valueText(desired, VALUE)),
    row('live', live === undefined ? '(nothing)' : valueText(live, VALUE)),
    row('who', whoText(field)),
    row('since', lineText(since)),
    row('cause', causeText(field)),
    ...evidenceLines(cause),
    row('owner', ownedText(field)),
    row('next', verdictText(field)),
    ...fixLines(cause),
  ]
}

function evidenceLines({ evidence }: Pick<ReportField['cause'], 'evidence'>): string[] {
  return evidence.map(({ source, detail }) => row('evidence', lineText(`${source}: ${detail}`)))
}

function fixLines({ fixBelongsIn }: Pick<ReportField['cause'], 'fixBelongsIn'>): string[] {
  return fixBelongsIn === null ? [] : [row('fix', `${FIXES[fixBelongsIn]} (${fixBelongsIn})`)]
}

const leftWay = ({ mechanism }: ReportIgnored): string =>
  mechanism === 'unknown' ? 'left alone as asked' : `${WAYS[mechanism]}, as intended`

/** What one rule leaves to one owner for one cause, with the rule's own reason said once. */
function ignoredLines(group: readonly [ReportIgnored, ...ReportIgnored[]], colors: Colors): string[] {
  const [ignored] = group
  const rule = shippedRule(ignored.rule)
  const why = rule === undefined ? [] : [row('because', lineText(rule.reason))]
  const source = rule?.source ?? null
  return [
    ...group.map((one) => `  . ${lineText(one.path)}: ${ignoredText(one, VALUE)}`),
    row('cause', `${leftWay(ignored)} (${ignored.class}, ${ignored.mechanism})`),
    ...why,
    ...(source === null ? [] : [row('source', lineText(source))]),
    row('owner', ownedText(ignored)),
  ].map((line) => colors.dim(line))
}

function ignoredGroups(all: readonly ReportIgnored[]): (readonly [ReportIgnored, ...ReportIgnored[]])[] {
  const groups = new Map<string, [ReportIgnored, ...ReportIgnored[]]>()
  for (const one of all) {
    const key = JSON.stringify([one.rule, one.class, one.mechanism, one.ownedBy])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  return [...groups.values()]
}

function declaredLines({ origin }: ReportObject): string[] {
  if (origin === undefined) return [row('declared', 'nowhere')]
  const place = placeText({ subject: origin })
  const { change } = origin
  if (change === undefined) return [row('declared', `${place || 'somewhere'}; last change not available`)]
  const { commit, author, date, subject, file } = change
  const where = file === undefined || file === origin.file ? '' : ` (${file})`
  return [
    row(
      'declared',
      lineText(`${place}; last changed by ${author}, ${date}, in ${commit.slice(0, 12)} ${subject}${where}`),
    ),
  ]
}

function responsibleLines({ responsible, webhooks = [] }: ReportObject): string[] {
  if (responsible === undefined) return [row('ask', 'nobody is named'), ...webhookLines(webhooks)]
  const { name, contact, decides, runbook, source } = responsible
  const more = [
    contact === null ? '' : `, at ${contact}`,
    decides === null ? '' : `; ${decides} decides`,
    runbook === null ? '' : `; runbook ${runbook}`,
  ].join('')
  return [row('ask', lineText(`${name}${more} (${source})`)), ...webhookLines(webhooks)]
}

const webhookLines = (webhooks: readonly string[]): string[] => webhooks.map((name) => row('webhook', lineText(name)))

function missingEvidence(object: ReportObject, from: 'cluster' | 'files'): string[] {
  if (object.fields.length === 0 && object.difference === null) return []
  const causes = [...(object.cause === undefined ? [] : [object.cause]), ...object.fields.map(({ cause }) => cause)]
  const evidence = causes.flatMap((cause) => cause.evidence)
  const audit = evidence.some(({ source }) => source === 'audit')
  const events = evidence.some(({ source }) => source === 'event')
  const open = [
    ...(audit ? [] : ['audit log']),
    ...(events ? [] : ['events (OOM kills, scaling)']),
    'incidents',
    'metrics',
    ...(from === 'files' ? ['objects that are not in the files'] : []),
    ...(object.origin?.change === undefined ? ['history of the manifest'] : []),
  ]
  return [row('missing', `${open.join(', ')}: not available`)]
}

function objectBlock(object: ReportObject, { context }: Explained, colors: Colors): string[] {
  const live = context?.live ?? ''
  const from = live === '' || /^https?:/.test(live) ? 'cluster' : 'files'
  const whole = object.cause === undefined || object.verdict === undefined ? [] : wholeLines(object)
  return [
    `${colors.bold(objectName(object))}  ${stateText(object)}`,
    ...declaredLines(object),
    row('live', lineText(live)),
    ...responsibleLines(object),
    ...(object.message === undefined ? [] : [row('note', lineText(object.message))]),
    ...whole,
    ...object.fields.flatMap((field) => fieldLines(field, colors)),
    ...ignoredGroups(object.ignored).flatMap((group) => ignoredLines(group, colors)),
    ...missingEvidence(object, from),
  ]
}

function wholeLines({ cause, verdict }: ReportObject): string[] {
  if (cause === undefined || verdict === undefined) return []
  return [
    row('who', lineText(actorText({ cause }))),
    row('cause', `${cause.class}, ${cause.mechanism}`),
    ...evidenceLines(cause),
    row('next', verdictText({ verdict })),
    ...fixLines(cause),
  ]
}

export function explainText(told: Explained, options: Options): string {
  const colors = createColors(options.color === 'always')
  const blocks = told.objects.map((object) => objectBlock(object, told, colors))
  const problems = told.problems.map((problem) => `${problem.severity} ${problem.code}: ${problemText(problem)}`)
  return `${[...blocks, ...(problems.length === 0 ? [] : [problems])].map((lines) => lines.join('\n')).join('\n\n')}\n`
}

export function explainJson(told: Explained): string {
  const { context, objects, problems } = told
  const rules = [...new Set(objects.flatMap(({ ignored }) => ignored.map(({ rule }) => rule)))].flatMap((id) => {
    const rule = shippedRule(id)
    return rule === undefined ? [] : [rule]
  })
  return prettyJson({
    apiVersion: 'holdfast.dev/v1alpha1',
    kind: 'Explanation',
    ...(context === undefined ? {} : { context }),
    objects,
    rules,
    problems,
  })
}

function short(field: ReportField): string {
  const git = field.desired === undefined ? '(nothing)' : valueText(field.desired, 40)
  const live = field.live === undefined ? '(nothing)' : valueText(field.live, 40)
  const who = field.cause.actor.user ?? field.cause.actor.manager ?? 'unknown'
  const { response, permitted, because } = field.verdict
  return lineText(
    `${pathText(field)} ${git} → ${live} by ${who}, ${permitted ? response : `${response} not now`}: ${because}`,
  )
}

const MOST = 3

/** One line per object: fits a chat. */
export function explainCompact({ objects }: Explained): string {
  return objects
    .map((object) => {
      const told = object.fields.slice(0, MOST).map(short)
      const rest = object.fields.length > MOST ? [`and ${count(object.fields.length - MOST, 'more field')}`] : []
      const ask = object.responsible === undefined ? [] : [`ask ${object.responsible.name}`]
      const what = told.length === 0 ? [stateText(object)] : told
      return `${lineText(formatRef(object.ref))}: ${[...what, ...rest, ...ask].map((part) => lineText(part)).join('; ')}\n`
    })
    .join('')
}
