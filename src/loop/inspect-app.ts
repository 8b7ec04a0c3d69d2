// From an Application, or from files alone, to what is to be inspected.
import {
  type AppDefinition,
  NO_RULES,
  type Parsed,
  parseApplication,
  parseProject,
  parseSettings,
  type ProjectDefinition,
  type RuleDocument,
  type Settings,
} from '../core/definition/index.ts'
import { markedBy, NO_OWNERS, type OwnerSources } from '../core/classify/index.ts'
import type { Rendered } from '../core/desired/index.ts'
import type { KubeObject, ObjectRef } from '../core/kube/index.ts'
import { HoldfastError, type Problem, problem, toProblem } from '../core/problem/index.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import type { RevisedSource, Source } from '../ports/source.ts'
import { deliveryIn } from './delivery.ts'
import { inventoryOf, takeDefinition } from './definitions.ts'
import type { InspectInput } from './inspector.ts'
import { readPlatformRules } from './rules.ts'
import { renderRequest, resolveSources, wantedSources } from './revisions.ts'
import { newApp } from './state.ts'

type Reader = Pick<ClusterReader, 'kind' | 'get' | 'list'>

const PROJECT = { group: 'argoproj.io', version: 'v1alpha1', kind: 'AppProject' }

/** An application as it stands in the cluster or in a file: usable, or the problems that say why not. */
export interface AppRead {
  readonly definition: AppDefinition | null
  readonly project: ProjectDefinition | null
  readonly problems: readonly Problem[]
  /** What the Application and its project say of owners. */
  readonly owners: OwnerSources
  /** Objects that its status names. */
  readonly inventory: readonly ObjectRef[]
}

export interface SettingsRead {
  readonly settings: Settings
  /** Ignore rules of the platform. */
  readonly platform: RuleDocument
  readonly problems: readonly Problem[]
}

/** Of an argocd-cm; null = there is none. Throws HoldfastError when the tracking method cannot be told. */
export function readSettings(argocdCm: KubeObject | null, platform: RuleDocument = NO_RULES): SettingsRead {
  const { value, problems } = parseSettings(argocdCm)
  if (value === null) throw new HoldfastError(problems[0] ?? problem('HF2008', 'argocd-cm cannot be used'))
  return { settings: value, platform, problems: [...problems, ...platform.problems] }
}

/** The argocd-cm of the cluster, and the platform's own rules as far as they may be read. */
export async function readClusterSettings(
  reader: Pick<Reader, 'get' | 'list'>,
  namespace: string,
): Promise<SettingsRead> {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'argocd-cm' }
  const argocdCm = await reader.get(ref)
  const platform = await readPlatformRules(reader, namespace).catch((error: unknown) => {
    const why = toProblem(error, 'HF4010')
    return { ...NO_RULES, problems: [{ ...why, message: `the platform's ignore rules are not read: ${why.message}` }] }
  })
  return readSettings(argocdCm, platform)
}

/** An Application against the projects of its namespace. */
export async function readApp(reader: Reader, application: KubeObject): Promise<AppRead> {
  const namespace = application.metadata.namespace ?? ''
  const served = await reader.kind(PROJECT)
  const { items } = served === undefined ? { items: [] } : await reader.list({ ...PROJECT, namespace })
  const byName = new Map<string, Parsed<ProjectDefinition>>(
    items.map((item) => [
      item.metadata.name ?? '',
      parseProject({ ...item, apiVersion: 'argoproj.io/v1alpha1', kind: PROJECT.kind }),
    ]),
  )
  const app = newApp(`${namespace}/${application.metadata.name ?? ''}`)
  const marks = new Map(
    items.map((item) => [item.metadata.name ?? '', markedBy(`AppProject ${item.metadata.name ?? ''}`, item)]),
  )
  takeDefinition(app, application, { byName, marks, used: byName.size > 0 })
  return {
    definition: app.definitionUsable ? app.definition : null,
    project: app.project,
    problems: app.definitionProblems,
    owners: app.owners,
    inventory: inventoryOf(application),
  }
}

/** An Application from a file, for comparisons that ask no cluster about projects. */
export function readAppFile(application: KubeObject, namespace: string): AppRead {
  const { value, problems } = parseApplication(application, { defaultNamespace: namespace })
  const owners = {
    ...NO_OWNERS,
    project: value?.project ?? '',
    application: markedBy(`Application ${value?.key ?? ''}`, application),
  }
  return { definition: value, project: null, problems, owners, inventory: inventoryOf(application) }
}

/** What stands in for a definition where files belong to no application. */
export function filesDefinition(namespace: string): AppDefinition {
  const nobody = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'files', namespace: 'files' },
    spec: {
      source: { repoURL: 'file:///', path: '.' },
      destination: { server: 'https://kubernetes.default.svc', namespace },
    },
  }
  const { value } = parseApplication(nobody)
  if (value === null) throw new HoldfastError(problem('HF7004', 'files cannot be compared'))
  return { ...value, key: '' }
}

interface RenderTools {
  readonly source: Source
  readonly reader: Pick<ClusterReader, 'capabilities'>
}

/** Renders the application's sources at `revision` (of the first source), or at their own. Throws HoldfastError HF1xxx. */
export async function renderApp(
  tools: RenderTools,
  app: { definition: AppDefinition; project: ProjectDefinition | null },
  how: { revision?: string; explain?: boolean } = {},
): Promise<Rendered> {
  return (await renderAppSources(tools, app, how)).rendered
}

/** As `renderApp`; also says at which revisions. */
export async function renderAppSources(
  tools: RenderTools,
  app: { definition: AppDefinition; project: ProjectDefinition | null },
  { revision, explain = false }: { revision?: string; explain?: boolean } = {},
): Promise<{ rendered: Rendered; sources: readonly RevisedSource[] }> {
  const wanted = wantedSources(app.definition, revision === undefined ? [] : [revision])
  const { sources } = await resolveSources(tools.source, { ...app, wanted, maxAgeMs: 0 })
  const request = renderRequest(app, sources, await tools.reader.capabilities())
  return { rendered: await tools.source.render({ ...request, explain, maxAgeMs: 0 }), sources }
}

/** The input for the application as it is delivered: its rendered source, its inventory. */
export function appInput(
  application: KubeObject,
  read: Pick<InspectInput, 'definition' | 'project' | 'settings' | 'platform' | 'rendered'>,
  namespace: string,
): InspectInput {
  return {
    ...{ ...read, controlPlaneNamespace: namespace, as: 'application', inventory: inventoryOf(application) },
    delivery: deliveryIn(application, read.rendered.revision),
  }
}
