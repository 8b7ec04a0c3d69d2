// `holdfast ignores`: the rules that keep differences from being told, and what is wrong with them.
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { RuleBook, RuleDocument } from '../../core/definition/index.ts'
import { switchableRules } from '../../core/compare/index.ts'
import {
  explainObject,
  type Finding,
  isOverdue,
  lint,
  type RuledObject,
  trial,
  usesOf,
} from '../../core/ignores/index.ts'
import type { ObjectRef } from '../../core/kube/index.ts'
import { type Problem, problem } from '../../core/problem/index.ts'
import { problemSeverity } from '../../core/record/index.ts'
import { failureText } from './failure.ts'
import { inlineRule, type InlineRule } from './inline-rule.ts'
import type { CliIo } from './io.ts'
import { addConnection, appName, type ConnectOptions, outputOption, usage } from './options.ts'
import { presentIgnores, type IgnoresFormat } from './present/index.ts'
import { matchesKind } from './short-names.ts'

/** Whose rules: those of an Application of the cluster, of all of them, or of files. */
export type IgnoresTarget =
  | { readonly kind: 'app'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'apps'; readonly namespace: string }
  | {
      readonly kind: 'files'
      readonly app: string
      readonly desired?: string
      readonly live?: string
      readonly argocdCm?: string
      readonly rules?: string
    }

export interface IgnoresRequest extends ConnectOptions {
  readonly target: IgnoresTarget
  readonly kubernetes?: string
}

/** The rules of one application. */
export interface AppIgnores {
  readonly app: string
  readonly book: RuleBook
  /** What they were tried on; null = on nothing. */
  readonly objects: readonly RuledObject[] | null
  readonly problems: readonly Problem[]
}

export interface IgnoresServices {
  readonly io: CliIo
  ignores(request: IgnoresRequest): Promise<readonly AppIgnores[]>
  /** Rules of a file, to be tried. */
  ruleFile(path: string): Promise<RuleDocument>
  /** YYYY-MM-DD. */
  today(): string
}

interface CommonOptions extends ConnectOptions {
  readonly app?: string
  readonly desired?: string
  readonly live?: string
  readonly argocdCm?: string
  readonly rules?: string
  readonly kubernetesVersion?: string
  readonly namespace?: string
  readonly output: IgnoresFormat
}

interface LintOptions extends CommonOptions {
  readonly limit: number
  readonly failOn: 'error' | 'warning'
}

interface TestOptions extends CommonOptions, InlineRule {
  readonly rule?: string
  readonly intended: readonly string[]
}

/** As for `diff`: nothing to say against it, something, no answer. */
type ExitCode = 0 | 1 | 2

function targetOf(name: string | undefined, options: CommonOptions): IgnoresTarget {
  const { app, desired, live, argocdCm, rules, namespace } = options
  if (app !== undefined) {
    if (name !== undefined) throw usage('give the name of an Application or --app FILE, not both')
    return {
      kind: 'files',
      app,
      ...(desired === undefined ? {} : { desired }),
      ...(live === undefined ? {} : { live }),
      ...(argocdCm === undefined ? {} : { argocdCm }),
      ...(rules === undefined ? {} : { rules }),
    }
  }
  const [stray] = Object.entries({ desired, live, 'argocd-cm': argocdCm, rules }).filter(
    ([, value]) => value !== undefined,
  )
  if (stray !== undefined) throw usage(`--${stray[0]} goes with --app FILE`)
  if (name === undefined) return { kind: 'apps', namespace: namespace ?? 'argocd' }
  return { kind: 'app', ...appName(name, namespace) }
}

function requestOf(name: string | undefined, options: CommonOptions): IgnoresRequest {
  const { kubeconfig, context, kubernetesVersion: kubernetes } = options
  return {
    target: targetOf(name, options),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  }
}

/** Codes of what the answer itself says of rules. */
const ASKED_ABOUT: readonly string[] = ['HF2005', 'HF2009', 'HF2010', 'HF2011']

/** What kept the question from being answered for somebody: said, and no answer counts as one. */
function unanswered(io: CliIo, answers: readonly AppIgnores[], needs: 'objects' | 'rules'): boolean {
  const told = answers.flatMap(({ problems }) => problems.filter(({ code }) => !ASKED_ABOUT.includes(code)))
  for (const each of new Map(told.map((one) => [JSON.stringify(one), one])).values())
    io.err(`${whoseProblem(each, answers)}${failureText(each)}`)
  const open = told.some(({ code }) => problemSeverity(code) === 'error' || code === 'HF2001')
  return needs === 'objects' && (open || answers.some(({ objects }) => objects === null))
}

/** `argocd/web: `; '' when every answer has it, or there is but one. */
function whoseProblem(problem: Problem, answers: readonly AppIgnores[]): string {
  const key = JSON.stringify(problem)
  const having = answers.filter(({ problems }) => problems.some((one) => JSON.stringify(one) === key))
  return having.length === answers.length ? '' : `${having.map(({ app }) => app).join(', ')}: `
}

function exitFor(io: CliIo, answer: { unanswered: boolean; found: boolean }): void {
  const code: ExitCode = answer.unanswered ? 2 : answer.found ? 1 : 0
  io.exit(code)
}

const triedOn = (answer: AppIgnores): readonly RuledObject[] => answer.objects ?? []

interface ListOptions extends CommonOptions {
  readonly limit: number
  readonly builtin: boolean
}

async function runList(services: IgnoresServices, name: string | undefined, options: ListOptions): Promise<void> {
  const { io } = services
  const answers = await services.ignores(requestOf(name, options))
  const today = services.today()
  const listed = answers.map((answer) => ({
    app: answer.app,
    uses: usesOf(answer.book, triedOn(answer)),
    tried: answer.objects !== null,
    switchedOff: [...answer.book.switchedOff],
  }))
  const crowded = listed.filter(({ uses }) => uses.length > options.limit)
  io.out(
    presentIgnores(
      { kind: 'list', today, limit: options.limit, apps: listed, builtin: options.builtin ? switchableRules() : [] },
      options.output,
    ),
  )
  const open = unanswered(io, answers, 'rules') || answers.some(({ problems }) => problems.some(keepsApart))
  exitFor(io, { unanswered: open, found: crowded.length > 0 })
}

/** Nothing could be told of the objects. */
function keepsApart({ code }: Problem): boolean {
  return problemSeverity(code) === 'error'
}

async function runLint(services: IgnoresServices, name: string | undefined, options: LintOptions): Promise<void> {
  const { io } = services
  const answers = await services.ignores(requestOf(name, options))
  const { limit, failOn } = options
  const apps = answers.map((answer) => {
    const tried = answer.objects !== null
    const uses = usesOf(answer.book, triedOn(answer))
    return {
      app: answer.app,
      rules: uses.length,
      tried,
      findings: lint(answer.book, uses, { today: services.today(), limit, tried }),
    }
  })
  io.out(presentIgnores({ kind: 'lint', apps }, options.output))
  const open = unanswered(io, answers, name !== undefined || options.live !== undefined ? 'objects' : 'rules')
  exitFor(io, { unanswered: open, found: apps.some(({ findings }) => findings.some((each) => fails(each, failOn))) })
}

function fails({ severity }: Finding, failOn: 'error' | 'warning'): boolean {
  return severity === 'error' || (severity === 'warning' && failOn === 'warning')
}

async function addedRules(services: IgnoresServices, options: TestOptions): Promise<RuleDocument> {
  const inline = inlineRule(options)
  if (options.rule !== undefined && inline !== null) throw usage('give --rule FILE or the rule by options, not both')
  if (options.rule !== undefined) return services.ruleFile(options.rule)
  if (inline === null) throw usage('say which rule: --rule FILE, or --kind and --pointer, --jq or --manager')
  return inline
}

async function runTest(services: IgnoresServices, name: string | undefined, options: TestOptions): Promise<void> {
  const { io } = services
  if (name === undefined && options.live === undefined)
    throw usage('a rule is tried on objects: name an Application, or give --app FILE and --live FILE')
  const { rules, problems } = await addedRules(services, options)
  const answers = await services.ignores(requestOf(name, options))
  const { intended } = options
  const apps = answers.map((answer) => ({
    app: answer.app,
    ...trial({ book: answer.book, added: rules, objects: triedOn(answer), intended }),
  }))
  io.out(presentIgnores({ kind: 'test', apps }, options.output))
  for (const each of problems) io.err(failureText(each))
  const bad = problems.length > 0 || apps.some(({ findings }) => findings.length > 0)
  exitFor(io, { unanswered: unanswered(io, answers, 'objects'), found: bad })
}

/** `deploy/web`, `Deployment/web`, `apps/Deployment/web`, `Deployment/prod/web`, in whatever case. */
function isMeant(ref: ObjectRef, words: readonly string[]): boolean {
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
  const isKind = (word: string): boolean => matchesKind(word, ref)
  const isGroup = (word: string): boolean => same(word, ref.group)
  const isNamespace = (word: string): boolean => same(word, ref.namespace)
  const isName = (word: string): boolean => same(word, ref.name)
  const forms = [
    [isKind, isName],
    [isGroup, isKind, isName],
    [isKind, isNamespace, isName],
    [isGroup, isKind, isNamespace, isName],
  ]
  return forms.some((form) => form.length === words.length && form.every((fits, index) => fits(words[index] ?? '')))
}

async function runExplain(
  services: IgnoresServices,
  words: { object: string; app: string | undefined },
  options: CommonOptions,
): Promise<void> {
  const { io } = services
  const parts = words.object.split('/')
  if (parts.length < 2) throw usage(`${words.object} is no KIND/NAME`)
  if (options.app !== undefined && options.live === undefined) throw usage('give --live FILE: an object is explained')
  const answers = await services.ignores(requestOf(words.app, options))
  const found = answers.flatMap((answer) =>
    triedOn(answer)
      .filter(({ ref }) => isMeant(ref, parts))
      .map((object) => ({ app: answer.app, ...explainObject(object, answer.book) })),
  )
  if (found.length === 0) {
    unanswered(io, answers, 'objects')
    io.err(failureText(problem('HF7002', `no application looked at declares ${words.object}`)))
    return io.exit(2)
  }
  io.out(presentIgnores({ kind: 'explain', objects: found }, options.output))
  unanswered(io, answers, 'rules')
  io.exit(0)
}

async function runReview(services: IgnoresServices, name: string | undefined, options: CommonOptions): Promise<void> {
  const { io } = services
  const answers = await services.ignores(requestOf(name, options))
  const today = services.today()
  const apps = answers.map(({ app, book }) => ({
    app,
    overdue: book.all.filter((rule) => isOverdue(rule, today)),
    undated: book.all.filter(({ review }) => review === ''),
    rules: book.all.length,
  }))
  io.out(presentIgnores({ kind: 'review', today, apps }, options.output))
  const open = answers.some(({ problems }) => problems.some(({ code }) => code === 'HF4001' || code === 'HF4010'))
  unanswered(io, answers, 'rules')
  exitFor(io, { unanswered: open, found: apps.some(({ overdue }) => overdue.length > 0) })
}

function atLeastOne(value: string): number {
  const parsed = Number(value)
  if (!Number.isSafeInteger(parsed) || parsed < 1) throw new InvalidArgumentError('expected a whole number above 0')
  return parsed
}

const gather = (value: string, before: readonly string[]): string[] => [...before, value]

function common(command: Command): Command {
  command
    .option('--app <file>', 'the Application of a file instead of one of the cluster; no cluster is asked')
    .option('--desired <path>', 'with --app: what it declares')
    .option('--live <path>', 'with --app: live state, such as a dump; - for standard input')
    .option('--argocd-cm <file>', 'with --app: installation-wide settings')
    .option('--rules <path>', 'with --app: ConfigMaps with rules of the platform')
    .option('--kubernetes-version <minor>', 'with --live: whose schemas hold, such as 1.33')
    .option('-n, --namespace <namespace>', 'where the Applications live (default argocd)')
    .addOption(outputOption(['text', 'json'], 'text'))
  return addConnection(command)
}

const LIMIT = 20

const EXAMPLES = `
Examples:
  holdfast ignores list                      the rules of all applications
  holdfast ignores lint web                  what is wrong with those of one
  holdfast ignores lint --app app.yaml --desired ./web --live dump.yaml
  holdfast ignores test web --kind apps/Deployment --name web --pointer /spec/replicas
  holdfast ignores explain Deployment/web web
  holdfast ignores review

Ends with 0: nothing to say against them, 1: something is, 2: the question could not be answered.
`

export function addIgnores(program: Command, services: IgnoresServices): void {
  const ignores = program
    .command('ignores')
    .description('the rules that keep differences from being told: what they hide, and what is wrong with them')
    .addHelpText('after', EXAMPLES)
  const limit = new Option('--limit <n>', 'more rules than this are too many').argParser(atLeastOne).default(LIMIT)
  common(ignores.command('list').description('every rule: where it is written, who owns it, what it hides'))
    .argument('[app]')
    .addOption(limit)
    .option('--builtin', 'list the shipped rules too', false)
    .action((name: string | undefined, options: ListOptions) => runList(services, name, options))
  common(ignores.command('lint').description('what is wrong with the rules, and what to write instead'))
    .argument('[app]')
    .addOption(limit)
    .addOption(new Option('--fail-on <severity>').choices(['error', 'warning']).default('warning'))
    .action((name: string | undefined, options: LintOptions) => runLint(services, name, options))
  common(ignores.command('test').description('add a rule in memory: what leaves the reports, what goes unnoticed'))
    .argument('[app]')
    .option('--rule <file>', 'rules to be tried, as a list, an Application or a ConfigMap')
    .option('--kind <group/Kind>', 'of a rule by options; core kinds as Kind')
    .option('--name <name>', 'of its objects')
    .option('--object-namespace <namespace>', 'of its objects')
    .option('--pointer <pointer>', 'JSON pointer; repeatable', gather, [])
    .option('--jq <expression>', 'jq expression; repeatable', gather, [])
    .option('--manager <name>', 'field manager; repeatable', gather, [])
    .option('--intended <path>', 'what is meant to vanish, as reports write it; repeatable', gather, [])
    .action((name: string | undefined, options: TestOptions) => runTest(services, name, options))
  common(ignores.command('explain').description('what is silent about one object, and what would still be found'))
    .argument('<kind/name>', 'Deployment/web, apps/Deployment/web, Deployment/prod/web')
    .argument('[app]')
    .action((object: string, app: string | undefined, options: CommonOptions) =>
      runExplain(services, { object, app }, options),
    )
  common(ignores.command('review').description('rules that are overdue for review'))
    .argument('[app]')
    .action((name: string | undefined, options: CommonOptions) => runReview(services, name, options))
}
