// `diff`, `render` and `health`: gathers what is compared from cluster, Git and files.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileCluster, readLiveFiles, wantedFor } from '../adapters/file-cluster/index.ts'
import { createSource, renderText, type SourceRepositories } from '../adapters/source/index.ts'
import { NO_OWNERS, type OwnerSources } from '../core/classify/index.ts'
import {
  codeownersOf,
  definitionFor,
  type History,
  localCodeowners,
  localHistory,
  originsOf,
  ownershipFor,
  sourceHistory,
} from './evidence.ts'
import type { Cluster } from '../adapters/kube-http/index.ts'
import { createLog } from '../adapters/pino-log/index.ts'
import pLimit from 'p-limit'
import type { RuleDocument } from '../core/definition/index.ts'
import { healthOf } from '../core/health/index.ts'
import { type KubeObject, refKey, refOf } from '../core/kube/index.ts'
import { orphanWhy } from '../core/orphan/index.ts'
import { HoldfastError, type Problem, problem, toProblem } from '../core/problem/index.ts'
import {
  driftReport,
  type DriftReport,
  type ReportCoexistence,
  type ReportContext,
  reportObject,
  type ReportOrphan,
} from '../core/record/index.ts'
import { inspect, type Inspection, toldOnce } from '../loop/inspect.ts'
import { coexistencesOf, inspectOrphans } from '../loop/inspect-orphans.ts'
import {
  appInput,
  type AppRead,
  readApp,
  readAppFile,
  readClusterSettings,
  readSettings,
  renderAppSources,
  type SettingsRead,
} from '../loop/inspect-app.ts'
import type { InspectInput, InspectReader } from '../loop/inspector.ts'
import { readSourceSettings } from '../loop/source-settings.ts'
import type { AppPlace, OrphansAnswer } from '../surfaces/cli/app.ts'
import type { DiffRequest, DiffTarget } from '../surfaces/cli/diff.ts'
import type { HealthAnswer } from '../surfaces/cli/health.ts'
import type { AppIgnores, IgnoresRequest } from '../surfaces/cli/ignores.ts'
import type { RenderAnswer, RenderRequest } from '../surfaces/cli/render.ts'
import type { SetImageAnswer, SetImageRequest } from '../surfaces/cli/set-image.ts'
import { factsOfFiles } from './audit-file.ts'
import { readApplication } from './applications.ts'
import { withCluster } from './cluster.ts'
import { missing, nothingIn, type Place, readOnly, readPlain, readSource, withNamespace } from './files.ts'
import { homeOf } from './home.ts'
import { ignoresOf, type IgnoringTools, readRuleFile } from './ignoring.ts'
import { lastRenderOf } from './last-render.ts'
import { localSource, toolSettings } from './local-source.ts'
import { prunedBefore } from './pruned-before.ts'
import { renderAnswer } from './rendering.ts'
import { setImage } from './set-image.ts'
import { VERSION } from './version.ts'

const ARGOCD = 'argocd'
/** Keys of an argocd-cm. */
const DECIDES_HEALTH = /^resource\.customizations(?:$|\.health\.|\.useOpenLibs\.|\[.*\]\.(?:health|useOpenLibs))/

export interface InspectionOptions extends Place {
  readonly stdin: () => AsyncIterable<Uint8Array>
}

type Files = Extract<DiffTarget, { kind: 'files' }>
/** With the Application of its file, which can be used. */
type FilesOf = Omit<Files, 'app'> & { readonly app: AppRead | null }

/** What a comparison was made of, for the report. */
interface Compared {
  readonly reader: InspectReader
  readonly input: InspectInput
  readonly problems: readonly Problem[]
  readonly context: ReportContext
  /** Where an application stands in a cluster: itself. */
  readonly application?: KubeObject
  /** Absent where nobody can tell. */
  readonly history?: History
}

interface Around {
  readonly beside: ReadonlyMap<string, readonly ReportCoexistence[]>
  readonly orphans: readonly ReportOrphan[] | null
  readonly problems: readonly Problem[]
}

const NOTHING_AROUND: Around = { beside: new Map(), orphans: null, problems: [] }
const REQUESTS = 12

export class Inspections {
  readonly #options: InspectionOptions

  constructor(options: InspectionOptions) {
    this.#options = options
  }

  exists(path: string): boolean {
    return existsSync(resolve(this.#options.cwd, path))
  }

  async diff(request: DiffRequest): Promise<DriftReport> {
    const { target, live } = request
    if (target.kind === 'files' && !this.exists(target.path)) throw missing(target.path)
    const app = target.kind === 'files' ? await this.#appFile(target) : null
    if (app !== null && app.definition === null) return refusedReport(app.problems, {})
    if (target.kind === 'files' && live !== undefined) return this.#filesWithFiles(request, { ...target, app }, live)
    return withCluster(this.#options.env, request, (cluster) =>
      target.kind === 'files'
        ? this.#filesWithCluster(request, { ...target, app }, cluster)
        : this.#appWithCluster(request, target, cluster),
    )
  }

  async #appFile(target: Files): Promise<AppRead | null> {
    if (target.app === undefined) return null
    return readAppFile(await readOnly(this.#options, target.app, 'Application'), ARGOCD)
  }

  async #appWithCluster(
    request: DiffRequest,
    target: Exclude<DiffTarget, { kind: 'files' }>,
    cluster: Cluster,
  ): Promise<DriftReport> {
    const application =
      target.kind === 'app'
        ? await readApplication(cluster.reader, target)
        : withNamespace(await readOnly(this.#options, target.file, 'Application'), target.namespace)
    return this.#application(request, cluster, application)
  }

  async #application(request: DiffRequest, cluster: Cluster, application: KubeObject): Promise<DriftReport> {
    const { reader } = cluster
    const { target } = request
    const namespace = application.metadata.namespace ?? ARGOCD
    const { settings, platform, problems } =
      request.argocdCm === undefined
        ? await readClusterSettings(reader, namespace)
        : await this.#settings(request.argocdCm)
    const read = await readApp(reader, application)
    const app = `${namespace}/${application.metadata.name ?? ''}`
    const context = { app, live: cluster.server, schemas: [`cluster ${await reader.serverMinor()}`] }
    if (read.definition === null) return refusedReport([...read.problems, ...problems], context)
    const { definition, project, owners } = read
    const local = target.kind === 'app' ? target.desired : undefined
    const ownership = await ownershipFor({ place: this.#options, request }, reader, namespace)
    const { rendered, sources, codeowners } =
      local === undefined
        ? await this.#withSource(reader, namespace, async (source) => {
            const made = await renderAppSources({ source, reader }, { definition, project })
            return { ...made, codeowners: await codeownersOf(source, made.sources) }
          })
        : {
            rendered: await readSource(this.#options, local, {
              ...(await localSource(definition, { cwd: this.#options.cwd, path: local })),
              cluster: await reader.capabilities(),
            }),
            sources: [],
            codeowners: await localCodeowners(this.#options, local),
          }
    const input = {
      ...appInput(application, { definition, project, settings, platform, rendered }, namespace),
      known: { ownership: ownership.value, owners: { ...owners, codeowners } },
      lastRender: await lastRenderOf(this.#options, app),
    }
    const desired =
      local ?? definition.sources.map(({ repoURL, chart, path }) => `${repoURL} ${chart || path || '.'}`).join(', ')
    const revision = rendered.revision === '' ? {} : { revision: rendered.revision }
    return this.#report(request, {
      reader,
      input,
      application,
      problems: [...read.problems, ...problems, ...ownership.problems],
      context: { ...context, ...revision, desired },
      history: (wanted) =>
        local === undefined
          ? this.#withSource(reader, namespace, (source) => sourceHistory(source, sources)(wanted))
          : localHistory(this.#options)(wanted),
    })
  }

  async #filesWithCluster(request: DiffRequest, target: FilesOf, cluster: Cluster): Promise<DriftReport> {
    const { input, problems } = await this.#filesInput(request, target, cluster.namespace)
    const schemas = [`cluster ${await cluster.reader.serverMinor()}`]
    const context = { desired: target.path, live: cluster.server, schemas }
    const history = localHistory(this.#options)
    return this.#report(request, { reader: cluster.reader, input, problems, context, history })
  }

  async #filesWithFiles(request: DiffRequest, target: FilesOf, path: string): Promise<DriftReport> {
    const { input, problems } = await this.#filesInput(request, target, 'default')
    const declared = input.rendered.objects.map(({ object }) => object)
    const live = await readLiveFiles({ ...this.#options, path, wanted: wantedFor(declared, input.inventory) })
    const cluster = fileCluster({
      live: live.objects,
      problems: live.problems,
      declared,
      namespace: input.definition.destinationNamespace,
      ...(request.kubernetes === undefined ? {} : { kubernetes: request.kubernetes }),
    })
    const { reader } = cluster
    const compared = {
      ...{ reader, input, problems: [...problems, ...live.problems] },
      context: { desired: target.path, live: path === '-' ? 'standard input' : path },
      history: localHistory(this.#options),
    }
    return this.#report(request, compared, cluster)
  }

  /** `fallback`: where objects go that neither say so themselves nor have an application that does. */
  async #filesInput(
    request: DiffRequest,
    target: FilesOf,
    fallback: string,
  ): Promise<{ input: InspectInput; problems: readonly Problem[] }> {
    const { settings, platform, problems } = await this.#settings(request.argocdCm)
    const { app, path } = target
    const definition = definitionFor(app, target.namespace, fallback)
    const how = app === null ? {} : await localSource(definition, { cwd: this.#options.cwd, path })
    const tools = toolSettings(await this.#configMap(request.argocdCm))
    const rendered = await readSource(this.#options, path, { ...how, settings: tools.settings, live: request.live })
    const as = app === null ? 'files' : 'application-files'
    const ownership = await ownershipFor({ place: this.#options, request }, null, '')
    const owners: OwnerSources = {
      ...(app?.owners ?? { ...NO_OWNERS, project: definition.project }),
      codeowners: await localCodeowners(this.#options, path),
    }
    return {
      input: {
        known: { ownership: ownership.value, owners },
        definition,
        project: null,
        settings,
        platform,
        controlPlaneNamespace: app === null ? ARGOCD : definition.namespace,
        rendered,
        as,
        inventory: app?.inventory ?? [],
      },
      problems: [...(app?.problems ?? []), ...problems, ...tools.problems, ...ownership.problems],
    }
  }

  async #report(
    request: DiffRequest,
    compared: Compared,
    said?: { schemas(): readonly string[]; problems(): readonly Problem[] },
  ): Promise<DriftReport> {
    const { digestKey } = homeOf(this.#options.env)
    const { clock } = this.#options
    const { reader, input } = compared
    const { learn, evidence = 'wanted' } = request
    const factsOf = await factsOfFiles(request.auditLog, { cwd: this.#options.cwd, digestKey })
    const known = factsOf === null ? {} : { factsOf }
    const inspection = await inspect({ reader, clock, digestKey, learn, evidence, ...known }, input)
    const { evaluations, desired, problems, serverWritten } = inspection
    const around = await this.#around(request, compared, inspection)
    const { rendered, definition } = input
    const origins = await originsOf(
      { desired, rendered, definition },
      evidence === 'all' ? compared.history : undefined,
    )
    return driftReport({
      objects: evaluations.map((evaluation) => {
        const key = refKey(evaluation.ref)
        const origin = origins.get(key)
        const coexistsWith = around.beside.get(key) ?? []
        return reportObject(evaluation, {
          digestKey,
          serverWritten: serverWritten.get(key) ?? [],
          ...(origin === undefined ? {} : { origin }),
          ...(coexistsWith.length === 0 ? {} : { coexistsWith }),
        })
      }),
      orphans: around.orphans,
      problems: toldOnce([...compared.problems, ...problems, ...around.problems, ...(said?.problems() ?? [])]),
      include: request.include,
      context: { ...compared.context, ...(said === undefined ? {} : { schemas: said.schemas() }) },
    })
  }

  /** What stands around an application: beside what left Git, and that nobody declares. */
  async #around(
    request: DiffRequest,
    { reader, input, application }: Compared,
    { evaluations, desired, candidates }: Inspection,
  ): Promise<Around> {
    if (application === undefined) return NOTHING_AROUND
    const tools = { reader, limit: pLimit(REQUESTS) }
    const declared = desired.objects.map(({ object }) => object)
    const extras = evaluations.filter(({ difference }) => difference === 'extra').map(({ ref }) => ref)
    const beside = await coexistencesOf(tools, extras, declared)
    const told = candidates.map((orphan) => ({ ...orphan, message: orphanWhy(orphan) }))
    const orphanedResources = input.project?.orphanedResources ?? null
    if (!request.orphans && orphanedResources === null)
      return { beside: beside.found, orphans: told.length === 0 ? null : told, problems: beside.problems }
    const found = await inspectOrphans(tools, {
      ...{ application, definition: input.definition, settings: input.settings, orphanedResources, declared },
      controlPlaneNamespace: input.controlPlaneNamespace,
      left: 'leave-out',
      pruned: await prunedBefore(this.#options),
    })
    const extra = new Set(extras.map(refKey))
    const orphans = new Map([...told, ...found.orphans].map((orphan) => [refKey(orphan.ref), orphan]))
    return {
      beside: beside.found,
      orphans: [...orphans.values()].filter(({ ref }) => !extra.has(refKey(ref))),
      problems: [...beside.problems, ...found.problems],
    }
  }

  async orphans(request: AppPlace): Promise<OrphansAnswer> {
    return withCluster(this.#options.env, request, async ({ reader }) => {
      const application = await readApplication(reader, request)
      const controlPlaneNamespace = application.metadata.namespace ?? ARGOCD
      const { settings, problems } = await readClusterSettings(reader, controlPlaneNamespace)
      const { definition, project, problems: own } = await readApp(reader, application)
      if (definition === null) return { application, orphans: [], problems: own }
      const found = await inspectOrphans(
        { reader, limit: pLimit(REQUESTS) },
        {
          ...{
            application,
            definition,
            settings,
            controlPlaneNamespace,
            declared: null,
            pruned: await prunedBefore(this.#options),
          },
          orphanedResources: project?.orphanedResources ?? null,
          left: 'include',
        },
      )
      return { application, orphans: found.orphans, problems: toldOnce([...problems, ...found.problems]) }
    })
  }

  render(request: RenderRequest): Promise<RenderAnswer> {
    return renderAnswer(
      {
        ...{ place: this.#options, digestKey: homeOf(this.#options.env).digestKey },
        withSource: (reader, namespace, use) => this.#withSource(reader, namespace, use),
      },
      request,
    )
  }

  setImage(request: SetImageRequest): Promise<SetImageAnswer> {
    const { env } = this.#options
    return setImage(
      {
        place: this.#options,
        application: (connection, target) =>
          withCluster(env, connection, async ({ reader }) => {
            const application = await readApplication(reader, target)
            const { definition, problems } = readAppFile(application, target.namespace)
            if (definition !== null) return definition
            throw new HoldfastError(problems[0] ?? problem('HF2001', `the Application ${target.name} cannot be used`))
          }),
        withSource: (use) => this.#withSource(null, ARGOCD, use),
      },
      request,
    )
  }

  async health(request: { file: string; argocdCm?: string; stdin: () => Promise<string> }): Promise<HealthAnswer> {
    const { file, argocdCm } = request
    const read =
      file === '-' ? await renderText(await request.stdin(), 'standard input') : await readPlain(this.#options, file)
    const { problems } = await this.#settings(argocdCm)
    // Only what would decide health differently keeps this question from being answered.
    const deciding = problems.filter(({ subject }) => DECIDES_HEALTH.test(subject.path ?? ''))
    const objects = read.objects.map(({ object }) => ({
      ref: refOf(object),
      health: healthOf(object) ?? { status: 'Healthy' as const, message: '' },
    }))
    const none = objects.length === 0 && read.problems.length === 0 ? [nothingIn(file)] : []
    return { objects, problems: [...read.problems, ...deciding, ...none] }
  }

  ignores(request: IgnoresRequest): Promise<readonly AppIgnores[]> {
    const withSource: IgnoringTools['withSource'] = (reader, namespace, use) => this.#withSource(reader, namespace, use)
    return ignoresOf({ place: this.#options, withSource }, request)
  }

  ruleFile(path: string): Promise<RuleDocument> {
    return readRuleFile(this.#options, path)
  }

  async #settings(argocdCm: string | undefined): Promise<SettingsRead> {
    return readSettings(await this.#configMap(argocdCm))
  }

  async #configMap(file: string | undefined): Promise<KubeObject | null> {
    return file === undefined ? null : readOnly(this.#options, file, 'ConfigMap')
  }

  /** With the credentials and tool settings of the installation, as far as the caller may read them; null = none. */
  async #withSource<T>(
    reader: Cluster['reader'] | null,
    namespace: string,
    use: (source: SourceRepositories) => Promise<T>,
  ): Promise<T> {
    const { env, clock } = this.#options
    const log = createLog({ level: 'error', to: 'stderr' })
    const source = createSource({ cacheDir: join(homeOf(env).cacheDir, 'git'), clock, log, env, version: VERSION })
    try {
      const read =
        reader === null
          ? null
          : await readSourceSettings(reader, namespace).catch((error: unknown) => {
              log.error(
                { error: toProblem(error, 'HF4010').message },
                'credentials of repositories not read: your own git settings are used',
              )
              return null
            })
      if (read !== null) source.configure(read.settings)
      return await use(source)
    } finally {
      await source.close()
    }
  }
}

function refusedReport(problems: readonly Problem[], context: ReportContext): DriftReport {
  return driftReport({ objects: [], problems, include: 'different', context })
}
