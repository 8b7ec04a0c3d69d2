// @ts-check
// The Source port alone: 500 applications of one repository, 100 of them kustomizations.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createSource } from '../dist/adapters/source/index.js'
import { systemClock } from '../dist/adapters/system-clock/index.js'
import { parseApplication } from '../dist/core/definition/index.js'
import { ensureBinaries } from '../tools/binaries.mjs'
import { startGitServer } from '../tools/git-server.mjs'
import { createScratch, removeScratch } from '../tools/scratch.mjs'
import { quantile, round } from './rows.mjs'

/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {ReturnType<typeof createSource>} Source */
/** @typedef {import('../dist/core/definition/index.js').SourceDefinition} SourceDefinition */

const APPS = 500
const KUSTOMIZED = 100
/** Kustomizations on the shared base. */
const SHARED = 50
const OBJECTS = 10
const COMMITS = 10
const MIB = 1024 * 1024

/** @type {import('../dist/ports/log.js').Log} */
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent }
function nothing() {}

/** @param {string} name @param {string} value */
function manifest(name, value) {
  const data = Array.from({ length: 20 }, (_, index) => `  key-${index}: value of ${name} ${index} ${value}`).join('\n')
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n${data}\n`
}

/** @param {string} value @returns {Record<string, string>} */
function base(value) {
  const kustomization = 'resources: [objects.yaml]\n'
  const objects = Array.from({ length: OBJECTS }, (_, index) => manifest(`base-${index}`, value)).join('---\n')
  return { 'base/kustomization.yaml': kustomization, 'base/objects.yaml': objects }
}

/** @param {number} index @param {string} value @returns {Record<string, string>} */
function app(index, value) {
  const directory = `apps/app-${index}`
  const count = index < SHARED ? 1 : OBJECTS
  const names = Array.from({ length: count }, (_, object) => `app-${index}-${object}`)
  const files = { [`${directory}/objects.yaml`]: names.map((name) => manifest(name, value)).join('---\n') }
  if (index >= KUSTOMIZED) return files
  const resources = index < SHARED ? '[objects.yaml, ../../base]' : '[objects.yaml]'
  return { ...files, [`${directory}/kustomization.yaml`]: `resources: ${resources}\nnamePrefix: a${index}-\n` }
}

/** @param {string} repoURL @param {number} index @returns {SourceDefinition} */
function definition(repoURL, index) {
  const { value } = parseApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: `app-${index}`, namespace: 'argocd' },
    spec: {
      source: { repoURL, path: `apps/app-${index}`, targetRevision: 'main' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'default' },
    },
  })
  const source = value?.sources[0]
  if (source === undefined) throw new Error('no source')
  return source
}

/**
 * Brings every application to what its branch says now, as the loop does after a poll.
 * @param {Source} source @param {readonly SourceDefinition[]} definitions @param {number} maxAgeMs
 */
async function pass(source, definitions, maxAgeMs) {
  const begin = performance.now()
  const done = await Promise.all(
    definitions.map(async (one, index) => {
      const { revision } = await source.resolve(one, { maxAgeMs, signedBy: null, project: 'default' })
      const rendered = await source.render({
        sources: [{ source: one, revision }],
        app: { name: `app-${index}`, namespace: 'default', project: 'default' },
        sourceRepos: null,
        cluster: { version: '1.35.4', apiVersions: ['v1'] },
      })
      if (rendered.problems.length > 0) throw new Error(rendered.problems[0]?.message)
      return { from: rendered.sources[0]?.from, at: performance.now() - begin }
    }),
  )
  const renders = done.filter(({ from }) => from === 'render')
  return {
    took: performance.now() - begin,
    renders: renders.length,
    rendered: Math.max(0, ...renders.map(({ at }) => at)),
  }
}

const collect = collector()

function collector() {
  setFlagsFromString('--expose-gc')
  return /** @type {() => void} */ (runInNewContext('gc'))
}

/** What is held, not what the collector has not come to yet. */
function rss() {
  collect()
  return process.memoryUsage().rss / MIB
}

/** @returns {Promise<Row[]>} */
export async function measure() {
  const { kustomize } = await ensureBinaries(['kustomize'])
  const git = await startGitServer()
  const cacheDir = await createScratch('holdfast-bench')
  const open = () =>
    createSource({
      ...{ cacheDir: join(cacheDir, 'sources'), clock: systemClock, log: silent },
      env: { PATH: process.env.PATH, HOME: cacheDir, HOLDFAST_KUSTOMIZE: kustomize },
    })
  let source = open()
  try {
    const repository = await git.createRepository('mono')
    const apps = Array.from({ length: APPS }, (_, index) => app(index, 'one'))
    await repository.commit(Object.assign({}, base('one'), ...apps), 'all')
    const definitions = Array.from({ length: APPS }, (_, index) => definition(repository.url, index))
    const fetches = () => git.traffic('mono').fetches
    const cold = await pass(source, definitions, 0)
    /** One poll finds a commit: every application asks, the repository is fetched once. @param {Record<string, string>} files */
    const commit = async (files) => {
      await repository.commit(files, 'change')
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      const before = fetches()
      return { ...(await pass(source, definitions, 1_000)), fetches: fetches() - before }
    }
    const ones = [await commit(app(SHARED, 'first'))]
    const memory = rss()
    for (let round = 0; round < COMMITS; round += 1) ones.push(await commit(app(SHARED + round, `round ${round}`)))
    const later = rss()
    const shared = await commit(base('two'))
    await source.close()
    source = open()
    const warm = await pass(source, definitions, 60_000)
    return rowsOf({ cold, ones, shared, warm, memory, later })
  } finally {
    await source.close()
    await git.stop()
    await removeScratch(cacheDir)
  }
}

/** @typedef {Awaited<ReturnType<typeof pass>>} Passed */

/**
 * @param {{ cold: Passed, ones: (Passed & { fetches: number })[], shared: Passed & { fetches: number }, warm: Passed, memory: number, later: number }} measured
 * @returns {Row[]}
 */
function rowsOf({ cold, ones, shared, warm, memory, later }) {
  const firsts = ones.map(({ rendered }) => rendered)
  const single = ones.every(({ fetches, renders }) => fetches === 1 && renders === 1)
  const worst = `${Math.max(...ones.map(({ fetches }) => fetches))} and ${Math.max(...ones.map(({ renders }) => renders))}`
  return [
    {
      what: `first render of ${APPS} applications, ${KUSTOMIZED} of them kustomizations (${availableParallelism()} cores)`,
      value: `${round(cold.took / 1_000)} s`,
      budget: '< 45 s',
      kept: cold.took < 45_000,
    },
    { what: 'one application changed: fetches and renders', value: worst, budget: '1 and 1', kept: single },
    {
      what: '… commit seen → its new desired set, p50 / max',
      value: `${round(quantile(firsts, 0.5), 0)} / ${round(Math.max(...firsts), 0)} ms`,
      budget: '< 2 s',
      kept: Math.max(...firsts) < 2_000,
    },
    {
      what: '… all 500 looked at',
      value: `${round(
        quantile(
          ones.map(({ took }) => took),
          0.5,
        ),
        0,
      )} ms`,
    },
    {
      what: 'shared base changed: fetches and renders',
      value: `${shared.fetches} and ${shared.renders}`,
      budget: `1 and ${SHARED}`,
      kept: shared.fetches === 1 && shared.renders === SHARED,
    },
    { what: '… all dependants rendered', value: `${round(shared.rendered / 1_000)} s` },
    { what: 'start with a warm cache: renders', value: String(warm.renders), budget: '0', kept: warm.renders === 0 },
    {
      what: '… all 500 desired sets',
      value: `${round(warm.took / 1_000, 2)} s`,
      budget: '< 5 s',
      kept: warm.took < 5_000,
    },
    {
      what: `resident memory after the first commit, and after ${COMMITS} more`,
      value: `${round(memory, 0)} and ${round(later, 0)} MB`,
      budget: '+ 20 MB',
      kept: later - memory < 20,
    },
  ]
}
