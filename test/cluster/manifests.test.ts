// What popular projects publish, applied and left alone: nobody made a difference.
//
// HOLDFAST_MANIFESTS names a folder with a folder per project (manifests as they are, charts rendered); without it there is
// nothing to read. Projects are not committed here.
// requirements: [S000-16, S000-41, S002-28]
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, connect } from '../../src/adapters/kube-http/index.ts'
import { createLog } from '../../src/adapters/pino-log/index.ts'
import { systemClock } from '../../src/adapters/system-clock/index.ts'
import { canonicalJson, type Json, type KubeObject, refOf } from '../../src/core/kube/index.ts'
import { readObjects } from '../../src/core/yaml/index.ts'
import { startControlPlane } from '../../tools/control-plane.mjs'
import { Editor } from '../kit/editor.ts'
import { seen } from './mutation/run.ts'
import { type Comparable, comparableOf } from './mutation/subject.ts'

const FOLDER = process.env['HOLDFAST_MANIFESTS'] ?? ''
const PROJECTS = FOLDER === '' ? [] : readdirSync(FOLDER, { withFileTypes: true }).filter((one) => one.isDirectory())

/** These first, for the others need them. */
const FIRST = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'PriorityClass', 'ClusterRole']
/** What stands between the server and later writes, or scales what is declared, is there only while it is looked at. */
const INTRUDES =
  /^(.*WebhookConfiguration|ValidatingAdmissionPolicy(Binding)?|APIService|ResourceQuota|LimitRange|HorizontalPodAutoscaler)$/

const told = (value: Json | undefined): string => (value === undefined ? 'nothing' : canonicalJson(value))

function objectsOf(project: string): KubeObject[] {
  const files = readdirSync(join(FOLDER, project), { recursive: true, encoding: 'utf8' })
  const objects = files
    .filter((file) => /\.(ya?ml|json)$/.test(file))
    .flatMap((file) => readObjects(readFileSync(join(FOLDER, project, file), 'utf8'), { file }).objects)
    .map(({ object }) => object)
    .filter(({ metadata, apiVersion }) => metadata.name !== undefined && !apiVersion.startsWith('kustomize.config'))
  const rank = ({ kind }: KubeObject): number => (FIRST.indexOf(kind) + FIRST.length) % FIRST.length
  return objects.sort((a, b) => (FIRST.includes(a.kind) ? rank(a) : 99) - (FIRST.includes(b.kind) ? rank(b) : 99))
}

describe.skipIf(PROJECTS.length === 0)('published manifests', () => {
  let plane: Awaited<ReturnType<typeof startControlPlane>>
  let cluster: Cluster
  let editor: Editor
  const namespaces = new Set<string>()
  const taken = new Set<string>()
  const unserved = new Set<string>()

  beforeAll(async () => {
    plane = await startControlPlane()
    editor = new Editor({ url: plane.url, ca: plane.ca, token: plane.adminToken })
    cluster = await connect({
      kubeconfig: plane.kubeconfig,
      env: {},
      version: 'test',
      clock: systemClock,
      log: createLog({ level: 'silent' }),
      discoveryIntervalMs: 50,
    })
  })
  afterAll(async () => {
    await editor?.close()
    await cluster?.close()
    await plane?.stop()
  })

  async function ensure(namespace: string): Promise<void> {
    if (namespace === '' || namespaces.has(namespace)) return
    namespaces.add(namespace)
    await editor.create('/api/v1/namespaces', { metadata: { name: namespace } })
  }

  /** A definition is served a moment after it was applied. */
  async function isServed(object: KubeObject): Promise<boolean> {
    const key = `${object.apiVersion} ${object.kind}`
    if (unserved.has(key)) return false
    for (let tries = 0; tries < 15; tries++) {
      if ((await cluster.reader.kind(refOf(object), { refresh: tries > 0 })) !== undefined) return true
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    unserved.add(key)
    return false
  }

  /** Null where an object cannot be applied here: its kind is served by nobody, or the server refuses it. */
  async function bringIn(object: KubeObject, project: string, refused: string[]): Promise<Comparable | null> {
    if (!(await isServed(object))) return null
    try {
      const comparable = await comparableOf({ cluster }, object, `in-${project.toLowerCase()}`)
      const key = `${comparable.path}`
      if (taken.has(key)) return null
      taken.add(key)
      await ensure(comparable.ref.namespace)
      await cluster.writer.apply(comparable.desired)
      return comparable
    } catch (error) {
      refused.push(`${object.kind} ${object.metadata.name}: ${String(error).slice(0, 200)}`)
      return null
    }
  }

  async function different(subject: Comparable): Promise<string[]> {
    const live = await cluster.reader.get(subject.ref)
    if (live === null) return []
    const tell = (way: string, form: KubeObject | null): string[] =>
      seen(subject, live, form).fields.map(({ at, change, desired, live: value }) =>
        `${subject.name}, ${way}: ${change} ${at} ${told(desired)} → ${told(value)}`.slice(0, 600),
      )
    const byTables = tell('tables', null)
    const answer = await cluster.reader.dryRun(subject.desired, live)
    return answer.state === 'answered' ? [...byTables, ...tell(answer.way, answer.object)] : byTables
  }

  it.each(PROJECTS.map(({ name }) => name))('%s', async (project) => {
    unserved.clear()
    const refused: string[] = []
    const objects = objectsOf(project)
    const subjects: Comparable[] = []
    const found: string[] = []
    for (const object of objects.filter(({ kind }) => !INTRUDES.test(kind))) {
      const subject = await bringIn(object, project, refused)
      if (subject !== null) subjects.push(subject)
    }
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    for (const subject of subjects) found.push(...(await different(subject)))
    for (const object of objects.filter(({ kind }) => INTRUDES.test(kind))) {
      const subject = await bringIn(object, project, refused)
      if (subject === null) continue
      found.push(...(await different(subject)))
      subjects.push(subject)
      await editor.remove(subject.path)
    }
    console.info(`${project}: ${subjects.length} of ${objects.length} applied\n${refused.join('\n')}`)
    expect(found).toEqual([])
  }, 600_000)
})
