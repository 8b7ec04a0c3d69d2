// All kinds at once, with the controllers that a cluster has, left alone until nothing moves: nobody made a difference.
// requirements: [S000-16, S000-41, S001-24, S001-25, S002-28]
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, connect } from '../../src/adapters/kube-http/index.ts'
import { createLog } from '../../src/adapters/pino-log/index.ts'
import { systemClock } from '../../src/adapters/system-clock/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { readObjects } from '../../src/core/yaml/index.ts'
import { BinariesUnavailable } from '../../tools/binaries.mjs'
import { startControlPlane } from '../../tools/control-plane.mjs'
import { Editor } from '../kit/editor.ts'
import { seen } from './mutation/run.ts'
import { everyKind, objectsOf, type Plane, type Subject, subjectOf } from './mutation/subject.ts'

const KINDS = ['all.yaml', 'more.yaml'].flatMap((file) => {
  const text = readFileSync(new URL(`../cases/kinds/${file}`, import.meta.url), 'utf8')
  return readObjects(text, { file }).objects.map(({ object }) => object)
})
/** What a controller would take for its own beside the others, each in a namespace of its own. */
const APART = ['Pod', 'ReplicaSet', 'ControllerRevision', 'Endpoints']
const apart = (kind: string): string => `apart-${kind.toLowerCase()}`

function placed(object: KubeObject): KubeObject {
  if (!APART.includes(object.kind)) return object
  return { ...object, metadata: { ...object.metadata, namespace: apart(object.kind) } }
}

const OBJECTS: readonly KubeObject[] = [
  ...APART.map((kind) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: apart(kind) } })),
  ...KINDS,
  // A quota and a limit would say which Pods may be made, a webhook would be asked about them.
  ...everyKind()
    .filter(({ kind }) => !/^(ResourceQuota|LimitRange|.*WebhookConfiguration)$/.test(kind))
    .map(placed),
  ...objectsOf('objects.yaml'),
  ...objectsOf('crds.yaml'),
]

async function start() {
  try {
    return await startControlPlane()
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    console.error(`SKIPPED: settled objects: ${error.message}`)
    return undefined
  }
}

/** Tries again what another object has to be there for. */
async function bringIn(ends: Plane, object: KubeObject): Promise<Subject> {
  for (let tries = 1; ; tries++) {
    try {
      const subject = await subjectOf(ends, object)
      await ends.cluster.writer.apply(subject.desired)
      return subject
    } catch (error) {
      if (tries === 30) throw new Error(`${object.kind} ${object.metadata.name}: ${String(error)}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

describe('objects that controllers have settled on', () => {
  let plane: Awaited<ReturnType<typeof start>>
  let cluster: Cluster
  let editor: Editor
  const subjects: Subject[] = []

  /** Until no object changes any more for a second and a half. */
  async function settled(): Promise<KubeObject[]> {
    let last = ''
    let since = Date.now()
    for (;;) {
      const answers = await Promise.all(subjects.map(({ path }) => editor.get(path)))
      const objects = answers.map(({ body }) => body as KubeObject)
      const now = objects.map(({ metadata }) => metadata.resourceVersion).join()
      if (now !== last) since = Date.now()
      last = now
      if (Date.now() - since > 1_500) return objects
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
  }

  beforeAll(async () => {
    plane = await start()
    if (plane === undefined) return
    editor = new Editor({ url: plane.url, ca: plane.ca, token: plane.adminToken })
    const log = createLog({ level: 'silent' })
    cluster = await connect({
      kubeconfig: plane.kubeconfig,
      env: {},
      version: 'test',
      clock: systemClock,
      log,
      discoveryIntervalMs: 50,
    })
    for (const object of OBJECTS) subjects.push(await bringIn({ cluster, editor }, object))
  })
  afterAll(async () => {
    await editor?.close()
    await cluster?.close()
    await plane?.stop()
  })

  it('differ in nothing, by the shipped tables and by the normal form', async () => {
    if (plane === undefined) return
    const found: string[] = []
    for (const [index, live] of (await settled()).entries()) {
      const subject = subjects[index] as Subject
      const tell = (way: string, form: KubeObject | null): void => {
        for (const { at, change } of seen(subject, live, form).fields)
          found.push(`${subject.name}, ${way}: ${change} ${at}`)
      }
      tell('tables', null)
      const answer = await cluster.reader.dryRun(subject.desired, live)
      if (answer.state === 'answered') tell(answer.way, answer.object)
    }
    expect(found).toEqual([])
  }, 120_000)
})
