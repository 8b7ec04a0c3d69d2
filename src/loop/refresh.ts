// Source → revision → render → desired set → what is tracked. Failures leave the last good state in force.
import { createHash } from 'node:crypto'
import {
  appTrackingName,
  buildDesired,
  type DesiredObject,
  type DesiredSet,
  type Rendered,
} from '../core/desired/index.ts'
import { type AppDefinition, isExcluded, projectAllowsObject, type Settings } from '../core/definition/index.ts'
import { canonicalJson, groupOf, isMap, type Json, type KubeObject, versionOf } from '../core/kube/index.ts'
import { type GeneratorChange, isSameRequest, type OwnerSources, printOf } from '../core/classify/index.ts'
import { type Problem, problem, toProblem } from '../core/problem/index.ts'
import type { Capabilities } from '../ports/cluster-reader.ts'
import type { RevisedSource } from '../ports/source.ts'
import type { Deps } from './deps.ts'
import type { Kinds } from './kinds.ts'
import type { Precedence } from './precedence.ts'
import {
  knownRevisions,
  renderRequest,
  type ResolvedSources,
  resolveSources,
  revisionText,
  shortRevision,
  wantedSources,
} from './revisions.ts'
import { readCodeowners } from './owners.ts'
import { keepRender, noteRender, recallRender } from './renders.ts'
import { keepRules, type SystemRules } from './rules.ts'
import type { AppState, DesiredEntry, ObjectIndex } from './state.ts'

export interface RefreshTools {
  readonly deps: Deps
  readonly kinds: Kinds
  readonly index: ObjectIndex
  readonly settings: () => Settings
  readonly system: () => SystemRules
  /** Why the settings are not known; null = they are. */
  readonly settingsUnknown: () => Problem | null
  /** Changes when the same files may render otherwise. */
  readonly sourceDigest: () => string
  readonly precedence: Pick<Precedence, 'turn'>
}

export interface RefreshOptions {
  /** Age up to which the repository need not be fetched again. */
  readonly maxAgeMs: number
  /** Builds the desired set anew although revision and definition are the same. */
  readonly rebuild?: boolean
  /** Renders anew what is kept (a hard refresh). */
  readonly fresh?: boolean
  /** Revisions that someone asked for instead of the definition's, by source; '' = its own. */
  readonly revisions?: readonly string[]
}

export interface RefreshResult {
  /** The desired set in force is another one now. */
  readonly changed: boolean
  readonly fetched: boolean
  readonly unknownKinds: boolean
  /** Why what was asked for is not in force; null = it is. */
  readonly failure: Problem | null
  /** The definition changed meanwhile: nothing was put into force, the wish that came with the change does it. */
  readonly superseded: boolean
  /** What came out otherwise although Git and the Application are what they were. */
  readonly generator: GeneratorChange | null
}

const NOTHING: RefreshResult = {
  ...{ changed: false, fetched: false, unknownKinds: false },
  ...{ failure: null, superseded: false, generator: null },
}

/** Kinds are looked up before the set is built, because the build does not wait. */
async function loadKinds(kinds: Kinds, rendered: Rendered, options: { refresh: boolean }): Promise<void> {
  const seen = new Map<string, { group: string; version: string; kind: string }>()
  const add = (object: unknown): void => {
    if (!isMap(object) || typeof object.apiVersion !== 'string' || typeof object.kind !== 'string') return
    if (Array.isArray(object.items) && object.kind.endsWith('List')) object.items.forEach(add)
    const query = { group: groupOf(object.apiVersion), version: versionOf(object.apiVersion), kind: object.kind }
    seen.set(`${object.apiVersion}/${object.kind}`, query)
  }
  for (const { object } of rendered.objects) add(object)
  const namespaceKind = { group: '', version: 'v1', kind: 'Namespace' }
  await Promise.all([namespaceKind, ...seen.values()].map((query) => kinds.load(query, options)))
}

function refused(app: AppState, desired: DesiredSet, kinds: Kinds): { objects: DesiredObject[]; problems: Problem[] } {
  const { project } = app
  if (project === null) return { objects: [...desired.objects], problems: [] }
  const problems: Problem[] = []
  const objects = desired.objects.filter((object) => {
    const scope = kinds.get(object.ref)?.info.namespaced === false ? 'Cluster' : 'Namespaced'
    const verdict = projectAllowsObject(project, object.ref, scope)
    if (verdict !== null) problems.push(verdict)
    return verdict === null
  })
  return { objects, problems }
}

function entryOf(object: DesiredObject): DesiredEntry {
  const { object: _, ...rest } = object
  return { ...rest, bodyKey: `desired/${object.digest}` }
}

function putBody(deps: Deps, object: DesiredObject): void {
  deps.cache.put(`desired/${object.digest}`, object.object, object.secret ? 'memory' : 'disk')
}

/** Takes a desired set into force: what is new or other becomes pending, what is gone becomes extra. */
function adopt(tools: RefreshTools, app: AppState, objects: readonly DesiredObject[]): void {
  const declared = new Set<string>()
  for (const object of objects) {
    putBody(tools.deps, object)
    const tracked = tools.index.track(app, object.ref)
    declared.add(tracked.key)
    tracked.ref = object.ref
    tracked.desired = entryOf(object)
    tracked.failures = 0
    tracked.timer?.cancel()
    tracked.timer = null
  }
  for (const tracked of [...app.objects.values()]) {
    if (declared.has(tracked.key)) continue
    if (isExcluded(tools.settings().resources, tracked.ref)) {
      tools.index.untrack(tracked)
      continue
    }
    tracked.desired = null
    tracked.pending = false
  }
}

async function render(
  tools: RefreshTools,
  app: Pick<AppState, 'project'> & {
    readonly definition: AppDefinition
    readonly fresh: boolean
    readonly maxAgeMs: number
  },
  sources: readonly RevisedSource[],
): Promise<{ rendered: Rendered; desired: DesiredSet }> {
  const { deps, kinds } = tools
  const { definition, fresh, maxAgeMs } = app
  const request = renderRequest(app, sources, await deps.reader.capabilities())
  const requester = `${definition.namespace}/${definition.name}`
  const rendered = await deps.source.render({ ...request, requester, fresh, maxAgeMs })
  for (const { from } of rendered.sources) deps.metrics.rendered(from)
  await loadKinds(kinds, rendered, { refresh: false })
  const build = (): DesiredSet =>
    buildDesired({
      definition,
      rendered,
      settings: tools.settings(),
      appTrackingName: appTrackingName(definition, deps.options.namespace),
      scopeOf: (group, version, kind) => {
        const info = kinds.get({ group, version, kind })?.info
        return info === undefined ? undefined : info.namespaced ? 'Namespaced' : 'Cluster'
      },
    })
  let desired = build()
  if (desired.unknown.length > 0) {
    await loadKinds(kinds, rendered, { refresh: true })
    desired = build()
  }
  return { rendered, desired }
}

/** The status may be written by others: it is no proof of a signature, and no answer to a revision asked for by name. */
function mayFallBack({ project }: AppState, why: Problem, asked: readonly string[]): boolean {
  if ((project?.signatureKeys ?? []).length > 0 || asked.some((revision) => revision !== '')) return false
  return why.code === 'HF1001' || why.code === 'HF1005'
}

async function resolve(
  tools: RefreshTools,
  app: AppState,
  definition: AppDefinition,
  options: RefreshOptions,
): Promise<ResolvedSources & { readonly unread: Problem | null }> {
  const { maxAgeMs, revisions = [] } = options
  const wanted = wantedSources(definition, revisions)
  try {
    const resolved = await resolveSources(tools.deps.source, { definition, project: app.project, wanted, maxAgeMs })
    return { ...resolved, unread: null }
  } catch (error) {
    const why = toProblem(error, 'HF1001', { app: app.key })
    tools.deps.metrics.gitFetched('failed')
    // After a restart without the repository's host: the revisions last reported are still in the cache.
    const sources = knownRevisions(definition.sources, app)
    if (sources === null || !mayFallBack(app, why, revisions)) throw error
    return { sources, fetchedAt: app.fetchedAt, unread: inForce(tools, app, why) }
  }
}

function ageText(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}

/**
 * Which revision stays in force, and since when: where none was resolved nobody knows whether there is something newer;
 * else there is, and it cannot be used.
 */
function inForce(tools: RefreshTools, app: AppState, why: Problem): Problem {
  if (app.fetchedAt === 0 || app.renderedAt === 0) return why
  const { attempted } = app
  const [last, at] = attempted === '' ? ['read', app.fetchedAt] : ['rendered', app.renderedAt]
  const age = ageText(tools.deps.clock.now() - (at as number))
  const stays = `revision ${shortRevision(app.revision)} ${last} ${age} ago stays in force.`
  const missed =
    attempted === '' || attempted === app.revision ? '' : `Revision ${shortRevision(attempted)} is not delivered; `
  const note = missed === '' ? `${stays.charAt(0).toUpperCase()}${stays.slice(1)}` : missed + stays
  return { ...why, note }
}

/** Changes exactly when another desired set would come of it. */
function buildKey(tools: RefreshTools, app: AppState, revision: string, cluster: Capabilities): string {
  // Only these tools are told what the cluster serves.
  const seesCluster = app.sourceTypes.some((type) => type !== 'Directory')
  const seen = seesCluster ? cluster : null
  const parts = [revision, app.definition?.digest, tools.settings(), tools.sourceDigest(), app.project, seen]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Equal rules stay the same ones: only other rules make every object be looked at again. */
function takeRules(tools: RefreshTools, app: AppState, { rules }: DesiredSet): void {
  const print = (each: typeof rules): string => canonicalJson(each as unknown as Json)
  if (print(rules) !== print(app.repositoryRules)) app.repositoryRules = rules
  keepRules(app, tools.system())
}

/** Equal rules stay the same ones, as others are news to every object. */
function takeOwners(app: AppState, codeowners: OwnerSources['codeowners']): void {
  const print = (each: OwnerSources['codeowners']): string => JSON.stringify(each)
  if (print(codeowners) !== print(app.owners.codeowners)) app.owners = { ...app.owners, codeowners }
}

/** No owner is worth a delivery: those known stay where the file cannot be read. */
async function codeownersOf(
  { deps }: RefreshTools,
  app: AppState,
  sources: readonly RevisedSource[],
): Promise<OwnerSources['codeowners']> {
  return readCodeowners(deps.source, sources).catch((error: unknown) => {
    deps.log.warn({ app: app.key, error: String(error) }, 'CODEOWNERS not read')
    return app.owners.codeowners
  })
}

/** Puts a rendered set into force. */
function enforce(
  tools: RefreshTools,
  app: AppState,
  built: {
    rendered: Rendered
    desired: DesiredSet
    renderedAt: number
    revision: string
    compared: AppDefinition
    codeowners: OwnerSources['codeowners']
  },
): GeneratorChange | null {
  const { rendered, desired, renderedAt } = built
  const allowed = refused(app, desired, tools.kinds)
  const printed = { definition: built.compared.digest, rendered, objects: allowed.objects }
  const generator = noteRender(app, printOf(printed, tools.deps.options.digestKey), allowed.objects)
  app.floats = rendered.sources.some(({ brought = [] }) => brought.some(({ floats }) => floats))
  app.revision = built.revision
  app.compared = built.compared
  takeOwners(app, built.codeowners)
  takeRules(tools, app, desired)
  app.sourceTypes = rendered.sources.map(({ type }) => type)
  app.renderedAt = renderedAt
  app.desiredProblems = [...desired.problems, ...allowed.problems]
  app.desiredComplete = desired.complete && allowed.problems.length === 0
  app.desiredEmpty = allowed.objects.every(({ options }) => options.declaredOnly)
  adopt(tools, app, allowed.objects)
  // An empty render takes nothing away on its own: what is there stays until someone allows it.
  const { definition } = app
  if (definition === null || !app.desiredEmpty || definition.automated.allowEmpty || app.objects.size === 0)
    return generator
  app.desiredProblems = [...app.desiredProblems, emptyProblem(app, definition)]
  return generator
}

/** Rendered once more, the same came of it. */
function isInForce(
  { deps }: RefreshTools,
  { render: known }: AppState,
  { rendered, definition }: { rendered: Rendered; definition: AppDefinition },
): boolean {
  const print = printOf({ definition: definition.digest, rendered, objects: [] }, deps.options.digestKey)
  return known !== null && isSameRequest(known.print, print) && known.print.digest === print.digest
}

/** What it names outside itself may have moved since, though the revision did not: a look at the sources sees that too. */
function mayHaveMoved({ floats }: AppState, { maxAgeMs }: RefreshOptions): boolean {
  return floats && Number.isFinite(maxAgeMs)
}

interface Found {
  readonly sources: readonly RevisedSource[]
  readonly revision: string
  /** What is answered where nothing else is put into force. */
  readonly same: RefreshResult
}

async function find(
  tools: RefreshTools,
  app: AppState,
  definition: AppDefinition,
  options: RefreshOptions,
): Promise<Found> {
  const before = app.fetchedAt
  const { sources, fetchedAt, unread } = await resolve(tools, app, definition, options)
  const revision = revisionText(sources)
  app.fetchedAt = fetchedAt
  app.attempted = unread === null ? revision : ''
  const fetched = fetchedAt > before
  if (fetched) tools.deps.metrics.gitFetched(revision === app.revision ? 'unchanged' : 'changed')
  return { sources, revision, same: { ...NOTHING, fetched, failure: unread } }
}

async function look(
  tools: RefreshTools,
  app: AppState,
  definition: AppDefinition,
  options: RefreshOptions,
): Promise<RefreshResult> {
  const { sources, revision, same } = await find(tools, app, definition, options)
  const sourceProblems = same.failure === null ? [] : [same.failure]
  const cluster = await tools.deps.reader.capabilities()
  const isBuilt = buildKey(tools, app, revision, cluster) === app.builtFor && options.rebuild !== true
  if (isBuilt && !mayHaveMoved(app, options)) {
    app.sourceProblems = sourceProblems
    return same
  }
  await tools.precedence.turn(app, sources)
  const renderedAt = tools.deps.clock.now()
  const how = { fresh: options.fresh === true, maxAgeMs: options.maxAgeMs }
  const built = await render(tools, { definition, project: app.project, ...how }, sources)
  const codeowners = await codeownersOf(tools, app, sources)
  // The definition changed meanwhile: the wish that came with it builds anew.
  if (app.removed || app.definition?.digest !== definition.digest) return { ...same, superseded: true }
  app.sourceProblems = sourceProblems
  if (isBuilt && isInForce(tools, app, { rendered: built.rendered, definition })) return same
  const generator = enforce(tools, app, { ...built, renderedAt, revision, compared: definition, codeowners })
  keepRender(tools.deps, app)
  app.builtFor = buildKey(tools, app, revision, cluster)
  return { ...same, changed: true, unknownKinds: built.desired.unknown.length > 0, generator }
}

/** Looks at the source and takes a new desired set into force if there is one. Never throws. */
export async function refresh(tools: RefreshTools, app: AppState, options: RefreshOptions): Promise<RefreshResult> {
  const { definition } = app
  if (definition === null || !app.definitionUsable) return NOTHING
  const before = app.fetchedAt
  app.attempted = ''
  const unknown = tools.settingsUnknown()
  if (unknown !== null) {
    app.sourceProblems = [unknown]
    return { ...NOTHING, failure: unknown }
  }
  try {
    await recallRender(tools.deps, app)
    return await look(tools, app, definition, options)
  } catch (error) {
    const failure = inForce(tools, app, toProblem(error, 'HF1009', { app: app.key }))
    app.sourceProblems = [failure]
    return { ...NOTHING, fetched: app.fetchedAt > before, failure }
  }
}

function emptyProblem(app: AppState, definition: AppDefinition): Problem {
  return problem(
    'HF3003',
    `${definition.sources.map(({ path, chart }) => path || chart || '.').join(', ')} at ${shortRevision(app.revision)} renders no object; nothing is pruned.`,
    { app: app.key, revision: app.revision },
  )
}

export function bodyOf(deps: Deps, entry: DesiredEntry): KubeObject | undefined {
  return deps.cache.get(entry.bodyKey)
}
