// `holdfast diff`: what differs, who made it, what would be done.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { deliveryFailureOf, HoldfastError } from '../../core/problem/index.ts'
import { driftExitCode, driftReport, type DriftReport } from '../../core/record/index.ts'
import type { CliIo } from './io.ts'
import { addConnection, appName, type ConnectOptions, orPath, outputOption, repeated, usage } from './options.ts'
import { presentReport, REPORT_FORMATS, type ReportFormat } from './present/index.ts'

/** What is declared: an Application of the cluster, the Application of a file, or files. */
export type DiffTarget =
  | { readonly kind: 'app'; readonly namespace: string; readonly name: string; readonly desired?: string }
  | { readonly kind: 'app-file'; readonly file: string; readonly namespace: string }
  | { readonly kind: 'files'; readonly path: string; readonly app?: string; readonly namespace?: string }

export interface DiffRequest extends ConnectOptions {
  readonly target: DiffTarget
  /** Live state from files instead of the cluster: then no network is used. */
  readonly live?: string
  /** Minor of the shipped schemas that files are compared by. */
  readonly kubernetes?: string
  readonly argocdCm?: string
  /** A ConfigMap `holdfast-ownership` instead of the cluster's. */
  readonly ownership?: string
  readonly learn: 'dry-run' | 'never'
  /** Audit logs that may name the authors. */
  readonly auditLog?: readonly string[]
  /** `all`: history and every object that may explain another are looked at. */
  readonly evidence?: 'wanted' | 'all'
  readonly include: 'different' | 'all'
  /** Look for objects that nobody declares even where the project does not ask for it. */
  readonly orphans: boolean
}

export interface DiffServices {
  readonly io: CliIo
  readonly version: string
  exists(path: string): boolean
  diff(request: DiffRequest): Promise<DriftReport>
}

interface DiffOptions extends ConnectOptions {
  readonly desired?: string
  readonly live?: string
  readonly app?: string
  readonly argocdCm?: string
  readonly policy?: string
  readonly kubernetesVersion?: string
  readonly namespace?: string
  readonly output: ReportFormat
  readonly all: boolean
  readonly orphans: boolean
  readonly verbose: boolean
  readonly learn: 'dry-run' | 'never'
  readonly auditLog?: readonly string[]
}

export function isPath(text: string, exists: (path: string) => boolean): boolean {
  return text.startsWith('.') || text.startsWith('/') || exists(text)
}

/** `1.33`, `v1.33.4`. */
function minor(value: string): string {
  const found = /^v?(1\.\d{1,3})(?:[.+-].*)?$/.exec(value)?.[1]
  if (found === undefined) throw new InvalidArgumentError('expected a version such as 1.33')
  return found
}

function filesTarget(path: string, options: DiffOptions): DiffTarget {
  const { app, namespace } = options
  return {
    kind: 'files',
    path,
    ...(app === undefined ? {} : { app }),
    ...(namespace === undefined ? {} : { namespace }),
  }
}

function appTarget(name: string, options: DiffOptions): DiffTarget {
  if (options.app !== undefined) throw usage('give the name of an Application or --app FILE, not both')
  const { desired } = options
  return { kind: 'app', ...appName(name, options.namespace), ...(desired === undefined ? {} : { desired }) }
}

function withoutFiles(subject: string | undefined): Error {
  const there = subject === undefined ? '' : `, and there is no ${subject} here`
  return usage(`--live is compared with files${there}: give a path or --desired`)
}

/** What the words on the command line mean; throws HF7002 where they mean nothing. */
export function diffTarget(subject: string | undefined, options: DiffOptions, services: DiffServices): DiffTarget {
  const { desired, app, live } = options
  const path = subject !== undefined && isPath(subject, (file) => services.exists(file)) ? subject : undefined
  if (path !== undefined && desired !== undefined) throw usage('give a path or --desired, not both')
  const declared = path ?? (subject === undefined ? desired : undefined)
  if (declared !== undefined) return filesTarget(declared, options)
  if (live !== undefined) throw withoutFiles(subject)
  if (subject !== undefined) return appTarget(subject, options)
  if (app !== undefined) return { kind: 'app-file', file: app, namespace: options.namespace ?? 'argocd' }
  throw usage('say what is declared: the name of an Application, a path, --desired or --app')
}

function diffRequest(target: DiffTarget, options: DiffOptions): DiffRequest {
  const { live, argocdCm, kubeconfig, context, kubernetesVersion: kubernetes, learn } = options
  if (kubernetes !== undefined && live === undefined)
    throw usage('--kubernetes-version is for --live: a cluster says its own')
  if (options.orphans && target.kind === 'files') throw usage('--orphans is for Applications: files own no namespace')
  return {
    target,
    learn,
    orphans: options.orphans,
    // A CI server counts what passed.
    include: options.all || options.output === 'junit' ? 'all' : 'different',
    ...(live === undefined ? {} : { live }),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    ...(argocdCm === undefined ? {} : { argocdCm }),
    ...auditOf(options),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  }
}

function auditOf({ auditLog }: DiffOptions): Pick<DiffRequest, 'auditLog'> {
  return auditLog === undefined ? {} : { auditLog }
}

/** An Application whose sources cannot be read is no object's fault: that is the report. */
function undelivered(error: unknown, target: DiffTarget): DriftReport {
  const isSource = error instanceof HoldfastError && error.problem.code.startsWith('HF1')
  if (!isSource || deliveryFailureOf(error.problem.code) === null) throw error
  const context = target.kind === 'app' ? { app: `${target.namespace}/${target.name}` } : {}
  return driftReport({ objects: [], problems: [error.problem], include: 'different', context, delivered: true })
}

export async function runDiff(
  services: DiffServices,
  subject: string | undefined,
  options: DiffOptions,
): Promise<void> {
  const { io, version } = services
  if (options.policy !== undefined) throw usage('--policy is not supported yet', 'Leave it out.')
  const target = diffTarget(subject, options, services)
  const asked = services.diff(diffRequest(target, options))
  const answered = target.kind === 'app' && subject !== undefined ? orPath(subject, asked) : asked
  const report = await (target.kind === 'files'
    ? answered
    : answered.catch((error: unknown) => undelivered(error, target)))
  const detail = options.verbose ? 'verbose' : 'normal'
  io.out(
    presentReport(report, {
      format: options.output,
      version,
      color: io.color ? 'always' : 'never',
      detail,
      columns: io.columns,
    }),
  )
  io.exit(driftExitCode(report))
}

const EXAMPLES = `
Examples:
  holdfast diff web                          an Application of the cluster
  holdfast diff web --desired ./web          the same, with the files of a working copy
  holdfast diff ./web                        files against the current kubeconfig context
  holdfast diff ./web --live dump.yaml       files against files, without any network
  kubectl get deploy,svc -A -o yaml --show-managed-fields | holdfast diff ./web --live -
  holdfast diff --app app.yaml               an Application that is not in the cluster yet

Ends with 0: no drift, 1: drift, 2: the question could not be answered.
`

export function addDiff(program: Command, services: DiffServices, description: string): void {
  const command = program
    .command('diff')
    .description(description)
    .argument('[app|path]', 'an Application, or what begins with . or / or exists as a path')
    .option('--desired <path>', 'what is declared: a kustomization, a directory or a file')
    .option('--live <path>', 'live state from a file or directory, - for standard input; no network is used')
    .option('--kubernetes-version <minor>', 'whose schemas --live is compared by, such as 1.33', minor)
    .option('--app <file>', 'the Application whose rules, namespace and marks hold')
    .option('--argocd-cm <file>', 'installation-wide settings; default: those of the cluster for an Application')
    .addOption(new Option('--policy <file>', 'not supported yet').hideHelp())
    .option('-n, --namespace <namespace>', 'of the Application (default argocd), or of files that name none')
    .addOption(outputOption(REPORT_FORMATS, 'text'))
    .option('--all', 'list objects in sync too', false)
    .option(
      '--orphans',
      'list objects in its namespace that nobody declares (else where its project asks for it)',
      false,
    )
    .option('-v, --verbose', 'show what is ignored, and by which rule', false)
    .addOption(
      new Option('--learn <how>', 'may the server be asked by dry run what it makes of an object?')
        .choices(['dry-run', 'never'])
        .default('never'),
    )
    .option('--audit-log <file>', 'audit log of the API server that may name the authors; repeatable', repeated)
    .addHelpText('after', EXAMPLES)
  addConnection(command).action((subject: string | undefined, options: DiffOptions) =>
    runDiff(services, subject, options),
  )
}
