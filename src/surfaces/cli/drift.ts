// `holdfast drift list|show|annotate`: what drifted, what happened around it, and what people say of it.
import type { Command } from 'commander'
import { type DriftNote, type DriftRecord, investigationOf, revertRisks } from '../../core/record/index.ts'
import type { CliIo } from './io.ts'
import { outputOption, usage } from './options.ts'
import { lineText, prettyJson } from './present/plain.ts'
import { table } from './present/table.ts'

export interface DriftServices {
  readonly io: CliIo
  /** Throws HoldfastError HF7001 where no controller kept records. */
  drifts(
    query: Place & { readonly app?: string; readonly id?: string; readonly limit: number },
  ): Promise<readonly DriftRecord[]>
  /** `by`: absent = who is logged in. */
  annotate(
    note: Place & Pick<DriftNote, 'text' | 'settles'> & { readonly id: string; readonly by?: string },
  ): Promise<DriftNote>
}

interface Place {
  readonly dataDir?: string
}

interface ListOptions extends Place {
  readonly app?: string
  readonly open: boolean
  readonly unexplained: boolean
  readonly limit: string
  readonly output: 'text' | 'json'
}

const placeOf = ({ dataDir }: Place): Place => (dataDir === undefined ? {} : { dataDir })
const NOT_AVAILABLE = 'not available'

function asJson(record: DriftRecord): object {
  const { evidence, owner, gaps, ...rest } = record
  return {
    ...rest,
    status: investigationOf(record),
    revertRisk: { level: revertRisks(record).length === 0 ? 'normal' : 'raised', because: revertRisks(record) },
    ownership: owner ?? NOT_AVAILABLE,
    events: eventsState(record) ?? evidence,
    metrics: NOT_AVAILABLE,
    incidents: NOT_AVAILABLE,
    evidence,
    gaps,
  }
}

/** null = there are some. */
function eventsState({ evidence, gaps }: DriftRecord): string | null {
  if (evidence.some(({ source }) => source === 'event')) return null
  return gaps.find((gap) => gap.startsWith('events:'))?.slice('events: '.length) ?? 'none found'
}

const HEAD = ['ID', 'OPENED', 'STATE', 'APPLICATION', 'OBJECT', 'ACTOR', 'STATUS']
const row = (name: string, text: string): string => `  ${name.padEnd(10)}${text}`

function recordText(record: DriftRecord): string {
  const { id, app, object, tier, opened, closed, outcome, paths, difference, actor, confidence, source, notes } = record
  const risks = revertRisks(record)
  const events = eventsState(record)
  const lines = [
    `${id}  ${lineText(object)}  ${investigationOf(record)}`,
    row('app', lineText(app)),
    row('tier', tier),
    row('opened', opened),
    row('closed', closed === null ? 'still differs' : `${closed} (${outcome})`),
    row(
      'what',
      lineText(paths.length === 0 ? difference : `${paths.length === 1 ? 'only difference: ' : ''}${paths.join(', ')}`),
    ),
    row('who', lineText(`${actor} (${confidence}); ${source}`)),
    row('ownership', lineText(record.owner ?? NOT_AVAILABLE)),
    ...record.evidence.map((one) => row(one.source, lineText(`${one.time ?? 'no time'}  ${one.detail}`))),
    ...(events === null ? [] : [row('events', lineText(events))]),
    row('metrics', NOT_AVAILABLE),
    row('incidents', NOT_AVAILABLE),
    ...record.gaps.filter((gap) => !gap.startsWith('events:')).map((gap) => row('gap', lineText(gap))),
    row('risk', risks.length === 0 ? 'normal' : lineText(`raised: ${risks.join('; ')}`)),
    ...notes.map(({ time, by, text, settles }) =>
      row('note', lineText(`${time}  ${by}${settles ? ', cause' : ''}: ${text}`)),
    ),
  ]
  return `${lines.join('\n')}\n`
}

async function found(services: DriftServices, id: string, place: Place): Promise<DriftRecord> {
  if (!/^[0-9a-f]{4,12}$/.test(id))
    throw usage(`${JSON.stringify(id)} is no id of a drift record`, 'holdfast drift list')
  const records = await services.drifts({ ...place, id, limit: 2 })
  const [record] = records
  if (record === undefined) throw usage(`no drift is on record as ${id}`, 'holdfast drift list')
  if (records.length > 1) throw usage(`more than one record begins with ${id}`, 'Give more of it.')
  return record
}

async function list(services: DriftServices, options: ListOptions): Promise<void> {
  const { app, open, unexplained, limit, output } = options
  const key = app === undefined ? {} : { app: app.includes('/') ? app : `argocd/${app}` }
  const most = Number(limit)
  if (!Number.isInteger(most) || most < 1) throw usage(`--limit ${limit} is no number of records`)
  const all = await services.drifts({ ...placeOf(options), ...key, limit: most })
  const shown = all.filter(
    (record) =>
      (!open || record.closed === null) && (!unexplained || investigationOf(record) === 'cause not established'),
  )
  if (output === 'json') return services.io.out(prettyJson({ kind: 'DriftRecords', items: shown.map(asJson) }))
  if (shown.length === 0) return services.io.out('nothing is on record\n')
  const rows = shown.map((record) => [
    record.id,
    record.opened,
    record.outcome,
    record.app,
    record.object,
    record.actor,
    investigationOf(record),
  ])
  services.io.out(table({ head: HEAD, rows, paint: (cell) => cell }))
}

interface AnnotateOptions extends Place {
  readonly message: string
  readonly cause: boolean
  readonly by?: string
}

async function annotate(services: DriftServices, id: string, options: AnnotateOptions): Promise<void> {
  const { message, cause, by } = options
  if (message.trim() === '') throw usage('the message is empty')
  const place = placeOf(options)
  const record = await found(services, id, place)
  const said = { ...place, id: record.id, text: message, settles: cause, ...(by === undefined ? {} : { by }) }
  const note = await services.annotate(said)
  services.io.out(`${record.id}: noted by ${lineText(note.by)}\n`)
}

export function addDrift(program: Command, services: DriftServices): void {
  const drift = program.command('drift').description('what drifted, also when it was healed: records of the controller')
  const sub = (name: string): Command =>
    drift.command(name).option('--data-dir <dir>', 'of the controller; default: $HOLDFAST_DATA_DIR')
  sub('list')
    .description('the records, newest first')
    .option('--app <app>', 'of one Application')
    .option('--open', 'only what still differs', false)
    .option('--unexplained', 'only those whose cause is not established', false)
    .option('--limit <number>', 'how many are looked at', '100')
    .addOption(outputOption(['text', 'json'], 'text'))
    .action((options: ListOptions) => list(services, options))
  sub('show')
    .description('one record with evidence and notes')
    .argument('<id>', 'its id, or how it begins')
    .addOption(outputOption(['text', 'json'], 'text'))
    .action(async (id: string, { output, ...rest }: Place & { output: 'text' | 'json' }) => {
      const record = await found(services, id, placeOf(rest))
      services.io.out(output === 'json' ? prettyJson({ kind: 'DriftRecord', ...asJson(record) }) : recordText(record))
    })
  sub('annotate')
    .description('adds what you know to a record, under your name')
    .argument('<id>', 'its id, or how it begins')
    .requiredOption('-m, --message <text>', 'what is to be known')
    .option('--cause', 'it says why the drift came about: the record counts as explained', false)
    .option('--by <name>', 'your name; default: who is logged in')
    .action((id: string, options: AnnotateOptions) => annotate(services, id, options))
}
