// `holdfast explain KIND/NAME[/path]`: per field what Git says, what live has, who wrote it, and what would be done, and why.
import type { Command } from 'commander'
import type { DriftReport, ReportObject } from '../../core/record/index.ts'
import { type DiffRequest, type DiffServices, diffTarget } from './diff.ts'
import { addConnection, appName, type ConnectOptions, outputOption, usage, repeated } from './options.ts'
import { explainCompact, explainJson, explainText, type Explained } from './present/index.ts'
import { nearKinds } from './near-kinds.ts'
import { matchesKind } from './short-names.ts'

export interface ExplainServices extends DiffServices {
  /** Applications whose status names the object. */
  appsOf(
    request: ConnectOptions & { readonly subject: Subject; readonly appNamespace: string },
  ): Promise<readonly string[]>
}

export interface Subject {
  /** As written: `deploy`, `Deployment`, `deployments.apps`. */
  readonly kind: string
  readonly name: string
  /** Of the object; '' = any. */
  readonly namespace: string
  /** A pointer below which fields are told; '' = all. */
  readonly path: string
}

interface ExplainOptions extends ConnectOptions {
  readonly app?: string
  readonly namespace?: string
  readonly desired?: string
  readonly live?: string
  readonly ownership?: string
  readonly auditLog?: readonly string[]
  readonly output: 'text' | 'json' | 'compact'
}

export function subjectOf(text: string, namespace: string | undefined): Subject {
  const [kind = '', name = '', ...rest] = text.split('/')
  if (kind === '' || name === '') throw usage(`${JSON.stringify(text)} is not KIND/NAME or KIND/NAME/path`)
  return { kind, name, namespace: namespace ?? '', path: rest.length === 0 ? '' : `/${rest.join('/')}` }
}

export function isSubject({ ref }: Pick<ReportObject, 'ref'>, { kind, name, namespace }: Subject): boolean {
  return ref.name === name && (namespace === '' || ref.namespace === namespace) && matchesKind(kind, ref)
}

/** What is written with dots is read as a pointer is. */
function isBelow(place: { readonly path: string; readonly pointer?: string }, wanted: string): boolean {
  if (wanted === '') return true
  const dotted = wanted.replaceAll('/', '.')
  const { pointer, path } = place
  const within = (inner: string, outer: string, separators: readonly string[]): boolean =>
    inner === outer || separators.some((separator) => inner.startsWith(`${outer}${separator}`))
  if (within(path, dotted, ['.', '[']) || within(dotted, path, ['.', '['])) return true
  return pointer !== undefined && (within(pointer, wanted, ['/']) || within(wanted, pointer, ['/']))
}

/** Else the whole object is missing, extra or not compared, whatever field is asked for. */
const isSettledByFields = ({ status, difference }: ReportObject): boolean =>
  status === 'Synced' || (status === 'OutOfSync' && difference === 'changed')

function isDrift(object: ReportObject): boolean {
  return object.status === 'OutOfSync' && !(isSettledByFields(object) && object.fields.length === 0)
}

function narrowed(object: ReportObject, { path }: Subject): ReportObject {
  if (path === '') return object
  const fields = object.fields.filter((field) => isBelow(field, path))
  const ignored = object.ignored.filter((one) => isBelow(one, path))
  const agree = fields.length + ignored.length === 0 && isSettledByFields(object)
  return { ...object, fields, ignored, ...(agree ? { message: `nothing differs at ${path}` } : {}) }
}

export function explained(report: DriftReport, subject: Subject): Explained {
  const objects = report.objects.filter((object) => isSubject(object, subject)).map((one) => narrowed(one, subject))
  const { context, problems } = report
  return { ...(context === undefined ? {} : { context }), objects, problems }
}

function connectionOf({ kubeconfig, context }: ConnectOptions): ConnectOptions {
  return { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) }
}

async function requestOf(services: ExplainServices, subject: Subject, options: ExplainOptions): Promise<DiffRequest> {
  const { live, desired, ownership, app, auditLog } = options
  const connection = connectionOf(options)
  const common = {
    learn: 'never',
    include: 'all',
    evidence: 'all',
    orphans: false,
    ...connection,
    ...(live === undefined ? {} : { live }),
    ...(ownership === undefined ? {} : { ownership }),
    ...(auditLog === undefined ? {} : { auditLog }),
  } as const
  const isFile = app !== undefined && services.exists(app)
  if (desired !== undefined) {
    const file = isFile ? { app } : {}
    return { ...common, target: { kind: 'files', path: desired, ...file, namespace: subject.namespace || 'default' } }
  }
  if (isFile)
    return { ...common, target: diffTarget(undefined, { ...NO_DIFF, ...options, output: 'json', app }, services) }
  const name = app ?? (await soleApp(services, subject, connection))
  return { ...common, target: { kind: 'app', ...appName(name, undefined) } }
}

const NO_DIFF = { all: true, verbose: false, orphans: false, learn: 'never' } as const

async function soleApp(services: ExplainServices, subject: Subject, connection: ConnectOptions): Promise<string> {
  const found = await services.appsOf({ ...connection, subject, appNamespace: 'argocd' })
  const [first] = found
  if (first !== undefined && found.length === 1) return first
  const what = `${subject.kind}/${subject.name}`
  throw usage(
    found.length === 0
      ? `no Application names ${what} in its status${meant(subject, { objects: [] })}`
      : `${found.join(', ')} name ${what}`,
    'Say which with --app.',
  )
}

/** Of a kind that is called otherwise. */
function meant({ kind, name }: Subject, { objects }: Pick<DriftReport, 'objects'>): string {
  const near = nearKinds(
    kind,
    objects.map(({ ref }) => ref),
  )
  if (near.length === 0) return ''
  return `: no kind is called ${kind}; did you mean ${near.map((one) => one.replace(/^[^ ]+/, (word) => `${word}/${name}`)).join(', ')}?`
}

export async function runExplain(services: ExplainServices, text: string, options: ExplainOptions): Promise<void> {
  const { io } = services
  const subject = subjectOf(text, options.namespace)
  if (options.live !== undefined && options.desired === undefined)
    throw usage('--live is compared with files: give --desired')
  const report = await services.diff(await requestOf(services, subject, options))
  const told = explained(report, subject)
  const shown = { color: io.color ? 'always' : 'never', columns: io.columns } as const
  if (options.output === 'json') io.out(explainJson(told))
  else io.out(options.output === 'compact' ? explainCompact(told) : explainText(told, shown))
  if (told.objects.length === 0) {
    io.err(`HF7003: ${text} is not among the objects compared${meant(subject, report)}\n`)
    return io.exit(2)
  }
  const unknown = told.objects.some(({ status }) => status === 'Unknown')
  io.exit(unknown ? 2 : told.objects.some(isDrift) ? 1 : 0)
}

const EXAMPLES = `
Examples:
  holdfast explain deploy/web -n prod                       of the Application whose status names it
  holdfast explain deploy/web/spec/replicas --app shop      one field
  holdfast explain deploy/web --desired ./web --live dump.yaml   without any network
  holdfast explain deploy/web -o compact                    one line, for a chat

Ends as diff does: 0 in sync, 1 drift, 2 not answered; of a path, when something at or below it drifted.
`

export function addExplain(program: Command, services: ExplainServices): void {
  const command = program
    .command('explain')
    .description('why an object or a field differs or not: who, by what means, by which rule, what would be done')
    .argument('<kind/name[/path]>', 'deploy/web, svc/db, deployments.apps/web/spec/replicas')
    .option('--app <app|file>', 'the Application; default: the one whose status names the object')
    .option('--desired <path>', 'what is declared: a kustomization, a directory or a file')
    .option('--live <path>', 'live state from files, - for standard input; no network is used')
    .option('--audit-log <file>', 'audit log of the API server that may name the authors; repeatable', repeated)
    .option('--ownership <file>', 'a ConfigMap holdfast-ownership instead of the cluster’s')
    .option('-n, --namespace <namespace>', 'of the object')
    .addOption(outputOption(['text', 'json', 'compact'], 'text'))
    .addHelpText('after', EXAMPLES)
  addConnection(command).action((text: string, options: ExplainOptions) => runExplain(services, text, options))
}
