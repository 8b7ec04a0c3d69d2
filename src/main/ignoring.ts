// `holdfast ignores`: the rules that hold for applications, and the objects that they are for.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileCluster, readLiveFiles, wantedFor } from '../adapters/file-cluster/index.ts'
import type { SourceRepositories } from '../adapters/source/index.ts'
import type { Cluster } from '../adapters/kube-http/index.ts'
import {
  type AppDefinition,
  holdsIgnoreRules,
  NO_RULES,
  parseRuleFile,
  type RuleBook,
  type RuleDocument,
} from '../core/definition/index.ts'
import type { Rendered } from '../core/desired/index.ts'
import type { ObjectSnapshot } from '../core/evaluate/index.ts'
import { ruledObject, type RuledObject } from '../core/ignores/index.ts'
import { type KubeObject, refOf } from '../core/kube/index.ts'
import { HoldfastError, type Problem, problem, toProblem } from '../core/problem/index.ts'
import { readYaml } from '../core/yaml/index.ts'
import { inspect } from '../loop/inspect.ts'
import {
  appInput,
  readApp,
  readAppFile,
  readClusterSettings,
  readSettings,
  renderApp,
  type SettingsRead,
} from '../loop/inspect-app.ts'
import type { InspectInput, InspectReader } from '../loop/inspector.ts'
import { bookOf, mergedRules, platformRulesOf } from '../loop/rules.ts'
import type { AppIgnores, IgnoresRequest } from '../surfaces/cli/ignores.ts'
import { listApplications, readApplication } from './applications.ts'
import { withCluster } from './cluster.ts'
import { type Place, readOnly, readPlain, readSource } from './files.ts'
import { localSource } from './local-source.ts'

const ARGOCD = 'argocd'

export interface IgnoringTools {
  readonly place: Place & { readonly stdin: () => AsyncIterable<Uint8Array> }
  readonly withSource: <T>(
    reader: Cluster['reader'],
    namespace: string,
    use: (source: SourceRepositories) => Promise<T>,
  ) => Promise<T>
}

type FilesRequest = Extract<IgnoresRequest['target'], { kind: 'files' }>

export async function ignoresOf(tools: IgnoringTools, request: IgnoresRequest): Promise<readonly AppIgnores[]> {
  const { target } = request
  if (target.kind === 'files') return [await ofFiles(tools, request, target)]
  return withCluster(tools.place.env, request, async (cluster) => {
    const { namespace } = target
    const applications =
      target.kind === 'app'
        ? [await readApplication(cluster.reader, target)]
        : await listApplications(cluster.reader, namespace)
    const settings = await readClusterSettings(cluster.reader, namespace)
    const found: AppIgnores[] = []
    // One after the other: each holds its objects only while it is looked at.
    for (const application of applications) found.push(await ofApplication(tools, cluster, { application, settings }))
    return found
  })
}

/** What was looked at, with what kept some of it from being looked at. */
async function looked(
  tools: IgnoringTools,
  reader: InspectReader,
  input: InspectInput,
): Promise<{ book: RuleBook; objects: RuledObject[]; problems: readonly Problem[] }> {
  const objects: RuledObject[] = []
  const onSnapshot = (snapshot: ObjectSnapshot, ignore: RuleBook): void => {
    const object = ruledObject(snapshot, ignore)
    if (object !== null) objects.push(object)
  }
  const { clock } = tools.place
  const found = await inspect({ reader, clock, digestKey: 'ignores', learn: 'never', onSnapshot }, input)
  return { book: found.rules, objects, problems: found.problems }
}

async function ofApplication(
  tools: IgnoringTools,
  { reader }: Cluster,
  { application, settings: read }: { application: KubeObject; settings: SettingsRead },
): Promise<AppIgnores> {
  const namespace = application.metadata.namespace ?? ARGOCD
  const app = `${namespace}/${application.metadata.name ?? ''}`
  const { definition, project, problems } = await readApp(reader, application)
  const { settings, platform } = read
  const alone = bookOf(definition, NO_RULES, { settings, platform })
  const told = [...problems, ...read.problems]
  if (definition === null) return { app, book: alone, objects: null, problems: told }
  try {
    const rendered = await tools.withSource(reader, namespace, (source) =>
      renderApp({ source, reader }, { definition, project }),
    )
    const input = appInput(application, { definition, project, settings, platform, rendered }, namespace)
    const found = await looked(tools, reader, input)
    return { app, ...found, problems: [...told, ...found.problems] }
  } catch (error) {
    // The rules are known all the same.
    return { app, book: alone, objects: null, problems: [...told, toProblem(error, 'HF1009', { app })] }
  }
}

async function ofFiles(tools: IgnoringTools, request: IgnoresRequest, target: FilesRequest): Promise<AppIgnores> {
  const { place } = tools
  const { definition, problems: own } = readAppFile(await readOnly(place, target.app, 'Application'), ARGOCD)
  const argocdCm = target.argocdCm === undefined ? null : await readOnly(place, target.argocdCm, 'ConfigMap')
  const platform = target.rules === undefined ? NO_RULES : await platformOf(place, target.rules)
  const { settings, problems } = readSettings(argocdCm, platform)
  const told = [...own, ...problems]
  const app = definition?.key ?? target.app
  const alone = bookOf(definition, NO_RULES, { settings, platform })
  if (definition === null || target.live === undefined) {
    const repository = await declaredRules(tools, target, definition)
    const book = bookOf(definition, repository, { settings, platform })
    return { app, book, objects: null, problems: [...told, ...repository.problems] }
  }
  const rendered =
    target.desired === undefined
      ? await likeLive(place, target.live, alone)
      : await readSource(place, target.desired, await localSource(definition, { cwd: place.cwd, path: target.desired }))
  const declared = rendered.objects.map(({ object }) => object)
  const live = await readLiveFiles({ ...place, path: target.live, wanted: wantedFor(declared) })
  const { reader } = fileCluster({
    live: live.objects,
    problems: live.problems,
    declared,
    namespace: definition.destinationNamespace,
    ...(request.kubernetes === undefined ? {} : { kubernetes: request.kubernetes }),
  })
  const found = await looked(tools, reader, {
    definition,
    project: null,
    settings,
    platform,
    controlPlaneNamespace: definition.namespace,
    rendered,
    as: 'application-files',
    inventory: [],
  })
  return { app, ...found, problems: [...told, ...live.problems, ...found.problems] }
}

/** Rules among the declared objects, where nothing is compared. */
async function declaredRules(
  { place }: IgnoringTools,
  { desired }: FilesRequest,
  definition: AppDefinition | null,
): Promise<RuleDocument> {
  if (desired === undefined || definition === null) return NO_RULES
  const { objects } = await readSource(place, desired, await localSource(definition, { cwd: place.cwd, path: desired }))
  const found = platformRulesOf(objects.map(({ object }) => object).filter(holdsIgnoreRules))
  return { ...found, rules: found.rules.map((rule) => ({ ...rule, origin: 'repository' as const })) }
}

/** Without declared objects the live ones stand for them: rules can be tried on them, and hide nothing yet. */
async function likeLive(place: Place, live: string, book: RuleBook): Promise<Rendered> {
  const read = await readPlain(place, live)
  const objects = read.objects.filter(({ object }) => book.of(refOf(object)).length > 0)
  return { ...read, objects }
}

async function platformOf(place: Place, path: string): Promise<RuleDocument> {
  const { objects, problems } = await readPlain(place, path)
  const found = platformRulesOf(objects.map(({ object }) => object))
  return mergedRules([found, { ...NO_RULES, problems }])
}

/** Rules of a file, to be tried. Throws HoldfastError when it cannot be read. */
export async function readRuleFile(place: Place, path: string): Promise<RuleDocument> {
  const text = await readFile(resolve(place.cwd, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new HoldfastError(problem('HF1004', `${path} cannot be read: ${error.code ?? error.message}`, { file: path }))
  })
  const { documents, problems } = readYaml(text, { file: path })
  if (problems[0] !== undefined) throw new HoldfastError(problems[0])
  return mergedRules(documents.map(({ value }) => parseRuleFile(value, path)))
}
