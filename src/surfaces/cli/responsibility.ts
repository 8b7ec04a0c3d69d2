// `holdfast owners`, `inventory`, `app takeover`: whose what is, what is expected, what taking over would meet.
import type { Command } from 'commander'
import { SERVER_WRITTEN_RULE } from '../../core/compare/index.ts'
import { delegationManifest } from '../../core/ignores/index.ts'
import { formatRef, parsePath } from '../../core/kube/index.ts'
import { HoldfastError } from '../../core/problem/index.ts'
import { type DriftReport, inventoryOf, type Takeover, takeoverOf } from '../../core/record/index.ts'
import type { AppPlace } from './app.ts'
import type { DiffRequest, DiffServices } from './diff.ts'
import { failureText } from './failure.ts'
import { addConnection, appName, type ConnectOptions, outputOption, usage } from './options.ts'
import { prettyJson, table } from './present/index.ts'

export interface UnownedApp {
  /** `namespace/name` */
  readonly app: string
  readonly project: string
  readonly destination: string
}

export interface TakeoverRequest extends AppPlace {
  readonly decision: 'heal' | 'accept'
  /** [] = any. */
  readonly managers: readonly string[]
  readonly paths: readonly string[]
}

type Decision = Pick<TakeoverRequest, 'decision'> & {
  readonly manager: string
  readonly path: string
  readonly asOf: string
}

export interface ResponsibilityServices extends DiffServices {
  /** `namespace/name` of all Applications. */
  appNames(request: ConnectOptions & { readonly namespace: string }): Promise<readonly string[]>
  unowned(request: ConnectOptions & { readonly namespace: string }): Promise<readonly UnownedApp[]>
  /** ISO date. */
  today(): string
  /** What is decided from now on about what was there before enforcement. */
  decideTakeover(request: TakeoverRequest): Promise<readonly Decision[]>
}

interface Options extends ConnectOptions {
  readonly namespace?: string
  readonly desired?: string
  readonly live?: string
  /** The Application of a file. */
  readonly app?: string
  readonly argocdCm?: string
  readonly ownership?: string
  readonly unowned: boolean
  readonly output: 'text' | 'json'
}

function connection({ kubeconfig, context }: ConnectOptions): ConnectOptions {
  return { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) }
}

function requestOf(app: string | undefined, options: Options): DiffRequest {
  const { desired, live, app: file, argocdCm, ownership, namespace } = options
  const common = {
    ...connection(options),
    ...(live === undefined ? {} : { live }),
    ...(argocdCm === undefined ? {} : { argocdCm }),
    ...(ownership === undefined ? {} : { ownership }),
    learn: 'never',
    include: 'all',
    evidence: 'all',
    orphans: false,
  } as const
  if (app !== undefined) return { ...common, target: { kind: 'app', ...appName(app, namespace) } }
  if (desired === undefined) throw usage('name an Application, or files with --desired')
  const place = { ...(file === undefined ? {} : { app: file }), ...(namespace === undefined ? {} : { namespace }) }
  return { ...common, target: { kind: 'files', path: desired, ...place } }
}

export interface OwnerRow {
  readonly object: string
  readonly field: string
  readonly owner: string
  readonly kind: string
  readonly source: string
}

/** Field → owner → how that is known. What is declared and differs nowhere is Git's. */
export function ownerRows({ objects }: Pick<DriftReport, 'objects'>): readonly OwnerRow[] {
  return objects.flatMap((object) => {
    const at = formatRef(object.ref)
    const fields = object.fields.map(({ path, ownedBy, cause }) => ({
      object: at,
      field: path,
      owner: ownedBy.name ?? ownedBy.kind,
      kind: ownedBy.kind,
      source:
        cause.actor.manager === null
          ? ownedBy.source
          : `${ownedBy.source}; written by ${cause.actor.manager} (managedFields)`,
    }))
    const told = object.ignored.filter(({ rule }) => rule !== SERVER_WRITTEN_RULE)
    const ignored = told.map(({ path, owner, ownedBy, rule }) => ({
      object: at,
      field: path,
      owner: owner ?? ownedBy.name ?? ownedBy.kind,
      kind: ownedBy.kind,
      source: owner === undefined || owner === ownedBy.name ? rule : `${rule}; ${owner}`,
    }))
    const rest = {
      object: at,
      field: '(all else that Git declares)',
      owner: 'git',
      kind: 'git',
      source: 'builtin/declared-in-git',
    }
    return object.difference === 'missing' || object.difference === 'extra' ? [] : [...fields, ...ignored, rest]
  })
}

/** A path that is cut names no field. */
const PATH = 200

const plain = (cell: string): string => cell

async function runOwners(services: ResponsibilityServices, app: string | undefined, options: Options): Promise<void> {
  const { io } = services
  if (options.unowned) return runUnowned(services, options)
  const report = await services.diff(requestOf(app, options))
  const rows = ownerRows(report)
  if (options.output === 'json') return io.out(prettyJson({ owners: rows }))
  const cells = rows.map(({ object, field, owner, source }) => [object, field, owner, source])
  io.out(table({ head: ['OBJECT', 'FIELD', 'OWNER', 'SOURCE'], rows: cells, cell: PATH, paint: plain }))
}

async function runUnowned(services: ResponsibilityServices, options: Options): Promise<void> {
  const { io } = services
  const found = await services.unowned({ ...connection(options), namespace: options.namespace ?? 'argocd' })
  if (options.output === 'json') return io.out(prettyJson({ unowned: found }))
  const rows = found.map(({ app, project, destination }) => [app, project, destination])
  io.out(table({ head: ['APPLICATION', 'PROJECT', 'NAMESPACE'], rows, paint: plain }))
}

async function runInventory(
  services: ResponsibilityServices,
  app: string | undefined,
  options: Options,
): Promise<void> {
  const { io } = services
  const inventory = inventoryOf(await services.diff(requestOf(app, options)))
  if (options.output === 'json') return io.out(prettyJson(inventory))
  const rows = inventory.rows.map((row) => [
    row.resource,
    row.field,
    row.expectedOwner,
    row.classification,
    row.plannedAction,
  ])
  const head = ['RESOURCE', 'FIELD', 'EXPECTED OWNER', 'CLASSIFICATION', 'PLANNED ACTION']
  io.out(table({ head, rows, cell: PATH, paint: plain }))
  for (const gap of inventory.gaps) io.err(`warning: the inventory covers ${gap}\n`)
}

function takeoverText({ apps, groups }: Takeover): string {
  const told = apps.flatMap(({ app, healed, created, marked, held, extra }) => [
    `${app}: ${healed.length} to heal, ${created.length} to create, ${marked.length} to mark, ${held.length} held, ${extra.length} no longer in Git`,
    ...healed.map((place) => `  heal    ${place}`),
    ...created.map((place) => `  create  ${place}`),
    ...held.map((place) => `  hold    ${place}`),
    ...extra.map((place) => `  extra   ${place}`),
  ])
  const rows = groups.map(({ manager, tool, apps: of, objects, fields }) => [
    manager ?? 'unknown',
    tool ?? '',
    String(fields),
    String(objects),
    of.join(', '),
  ])
  const head = ['MANAGER', 'TOOL', 'ADDITIONS', 'OBJECTS', 'APPLICATIONS']
  const before = rows.length === 0 ? '(nothing)\n' : table({ head, rows, paint: plain })
  return `${told.join('\n')}\n\nThere before, by manager:\n${before}`
}

interface TakeoverOptions extends Options {
  readonly heal: boolean
  /** A field manager. */
  readonly delegate?: string
  readonly accept: boolean
  readonly manager: readonly string[]
  readonly path: readonly string[]
}

function decisionText({ decision, manager, path, asOf }: Decision): string {
  const whose = manager === '' ? '' : ` by ${manager}`
  const where = path === '' ? '' : ` at ${path}`
  const when = asOf === '' ? '' : `, as it was at ${asOf}`
  return `  ${decision}  what was there before${where}${whose}${when}\n`
}

async function runDecision(services: ResponsibilityServices, app: string, options: TakeoverOptions): Promise<void> {
  const { io } = services
  if (options.heal && options.accept) throw usage('--heal and --accept exclude each other')
  const place = appName(app, options.namespace)
  const decisions = await services.decideTakeover({
    ...connection(options),
    ...place,
    decision: options.heal ? 'heal' : 'accept',
    managers: options.manager,
    paths: options.path,
  })
  if (options.output === 'json') return io.out(prettyJson({ app: `${place.namespace}/${place.name}`, decisions }))
  io.out(
    `${place.namespace}/${place.name}: decided, the first that matches counts\n${decisions.map(decisionText).join('')}`,
  )
}

/** Long enough that it is not asked at once again, short enough that somebody remembers. */
const REVIEW_MONTHS = 6

function reviewDate(today: string): string {
  const date = new Date(`${today}T00:00:00Z`)
  date.setUTCMonth(date.getUTCMonth() + REVIEW_MONTHS, 1)
  return date.toISOString().slice(0, 10)
}

/** What this writer does, as the rule that leaves it to it: Git decides, so it is printed and nothing is written. */
async function runDelegation(
  services: ResponsibilityServices,
  { app, manager }: { readonly app: string; readonly manager: string },
  options: TakeoverOptions,
): Promise<void> {
  const { io } = services
  const report = await services.diff({ ...requestOf(app, options), include: 'different' })
  const isWanted = (path: string): boolean =>
    options.path.length === 0 ||
    options.path.some((wanted) => /^(?:$|[.[])/.test(path.slice(wanted.length)) && path.startsWith(wanted))
  const places = report.objects.flatMap(({ ref, fields }) =>
    fields.flatMap(({ path, cause }) => {
      const parsed = cause.actor.manager === manager && isWanted(path) ? parsePath(path) : null
      return parsed === null ? [] : [{ ref, path: parsed }]
    }),
  )
  if (places.length === 0)
    throw usage(`nothing differs that ${manager} is known to have written`, 'See holdfast app takeover.')
  const today = services.today()
  const { name } = appName(app, options.namespace)
  io.out(delegationManifest({ app: name, manager, places, today, review: reviewDate(today) }))
  io.err(
    `Declare it with the objects of ${app}, or put it beside the Applications; check it first: holdfast ignores test\n`,
  )
}

function runTakeover(
  services: ResponsibilityServices,
  app: string | undefined,
  options: TakeoverOptions,
): Promise<void> {
  const { heal, accept, delegate } = options
  if (heal || accept || delegate !== undefined) {
    if (app === undefined) throw usage('name the Application that is decided about')
    if (delegate === undefined) return runDecision(services, app, options)
    if (heal || accept) throw usage('--delegate, --heal and --accept exclude each other')
    return runDelegation(services, { app, manager: delegate }, options)
  }
  if (options.manager.length > 0 || options.path.length > 0)
    throw usage('--manager and --path select for --heal, --accept or --delegate')
  return runTakeoverReport(services, app, options)
}

async function runTakeoverReport(
  services: ResponsibilityServices,
  app: string | undefined,
  options: Options,
): Promise<void> {
  const { io } = services
  const namespace = options.namespace ?? 'argocd'
  const names = app === undefined ? await services.appNames({ ...connection(options), namespace }) : [app]
  const reports: { app: string; report: DriftReport }[] = []
  // One of all Applications that cannot be answered for is named and does not silence the others.
  const diffOf = async (name: string): Promise<DriftReport | null> => {
    try {
      return await services.diff({ ...requestOf(name, { ...options }), include: 'different' })
    } catch (error) {
      if (app !== undefined || !(error instanceof HoldfastError)) throw error
      io.err(`${name}: ${failureText(error.problem)}`)
      return null
    }
  }
  let open = false
  for (const name of names) {
    const report = await diffOf(name)
    if (report === null) {
      open = true
      continue
    }
    for (const { severity, code, message } of report.problems)
      if (severity === 'error') {
        open = true
        io.err(`${code}: ${name}: ${message.replaceAll('\n', ' ')}\n`)
      }
    reports.push({ app: name, report })
  }
  const takeover = takeoverOf(reports)
  io.out(options.output === 'json' ? prettyJson(takeover) : takeoverText(takeover))
  io.exit(open ? 2 : 0)
}

function withFiles(command: Command): Command {
  return command
    .option('--desired <path>', 'files instead of an Application')
    .option('--live <path>', 'live state from files, - for standard input; no network is used')
    .option('--app <file>', 'the Application whose rules, marks and inventory hold for the files')
    .option('--argocd-cm <file>', 'installation-wide settings of the files')
    .option('--ownership <file>', 'a ConfigMap holdfast-ownership instead of the cluster’s')
    .option('-n, --namespace <namespace>', 'of the Application (default argocd), or of files that name none')
    .addOption(outputOption(['text', 'json'], 'text'))
}

export function addOwners(program: Command, services: ResponsibilityServices): void {
  const command = program
    .command('owners')
    .description('whose each field is, and how that is known')
    .argument('[app]', 'an Application')
    .option('--unowned', 'Applications that nobody is named for', false)
  addConnection(withFiles(command)).action((app: string | undefined, options: Options) =>
    runOwners(services, app, options),
  )
}

export function addInventory(program: Command, services: ResponsibilityServices): void {
  const command = program
    .command('inventory')
    .description('the expected and the unexpected differences: owner, class, planned action')
    .argument('[app]', 'an Application')
  addConnection(withFiles(command)).action((app: string | undefined, options: Options) =>
    runInventory(services, app, options),
  )
}

const repeated = (value: string, before: readonly string[]): string[] => [...before, value]

export function addTakeover(app: Command, services: ResponsibilityServices): void {
  const command = app
    .command('takeover')
    .description(
      'what enforcement would do first, and what was there before, by manager; of all Applications without a name',
    )
    .argument('[app]', 'an Application')
    .option('--heal', 'have what was there before removed from now on', false)
    .option('--accept', 'leave what was there before as it is, and report it no more', false)
    .option('--delegate <manager>', 'print the rule that leaves to this field manager what it writes')
    .option('--manager <manager>', 'decide only about what this field manager left; repeatable', repeated, [])
    .option('--path <path>', 'decide only about this path and what lies below; repeatable', repeated, [])
    .option('-n, --namespace <namespace>', 'of the Applications (default argocd)')
    .addOption(outputOption(['text', 'json'], 'text'))
  addConnection(command).action((name: string | undefined, options: TakeoverOptions) =>
    runTakeover(services, name, options),
  )
}
