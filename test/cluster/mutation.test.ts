// Every field that a schema allows is changed, added and removed on a real API server, by a person, under a controller's
// name and with emptied bookkeeping: each must be reported, and nothing else.
//
// By itself a sample; `npm run mutation` (HOLDFAST_MUTATIONS=all) takes every mutation of one object of every built-in kind
// and of three custom ones, `HOLDFAST_MUTATIONS=<n>` every n-th.
// requirements: [S000-03, S000-17, S000-42, S002-20]
import { mkdir, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../src/adapters/kube-http/index.ts'
import { createLog } from '../../src/adapters/pino-log/index.ts'
import { systemClock } from '../../src/adapters/system-clock/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { BinariesUnavailable } from '../../tools/binaries.mjs'
import { startControlPlane } from '../../tools/control-plane.mjs'
import { Editor } from '../kit/editor.ts'
import { type Row, Run, WRITERS } from './mutation/run.ts'
import { everyKind, NAMESPACE, objectsOf, type Plane, subjectOf, takeOut } from './mutation/subject.ts'
import { table, wholeTable } from './mutation/table.ts'

const ASKED = process.env['HOLDFAST_MUTATIONS'] ?? ''
const WHOLE = ASKED !== ''
/** Kinds with few fields, and one with a pod template. */
const SAMPLE = ['ConfigMap', 'Service', 'Role', 'HorizontalPodAutoscaler', 'NetworkPolicy', 'Deployment', 'Database']
const every = (mutations: number): number => {
  if (!WHOLE) return Math.max(1, Math.ceil(mutations / 16))
  return ASKED === 'all' ? 1 : Number(ASKED)
}

async function start(): Promise<{ plane: Awaited<ReturnType<typeof startControlPlane>>; ends: Plane } | undefined> {
  let plane: Awaited<ReturnType<typeof startControlPlane>>
  try {
    plane = await startControlPlane({ controllers: false })
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    console.error(`SKIPPED: mutations: ${error.message}`)
    return undefined
  }
  const editor = new Editor({ url: plane.url, ca: plane.ca, token: plane.adminToken })
  const cluster = await connect({
    kubeconfig: plane.kubeconfig,
    env: {},
    version: 'test',
    clock: systemClock,
    log: createLog({ level: 'silent' }),
    discoveryIntervalMs: 50,
  })
  return { plane, ends: { editor, cluster } }
}

const OBJECTS = [...everyKind(), ...objectsOf('objects.yaml'), ...objectsOf('crds.yaml')]
const isOurs = ({ apiVersion, metadata }: KubeObject): boolean =>
  apiVersion.startsWith('mutation.test/') || metadata.name?.endsWith('.mutation.test') === true

const named = (object: KubeObject): string => `${object.apiVersion} ${object.kind} ${object.metadata.name}`

describe('whatever is changed in an object is reported, and nothing else', () => {
  let started: Awaited<ReturnType<typeof start>>
  const rows: Row[] = []

  beforeAll(async () => {
    started = await start()
    if (started === undefined) return
    const { cluster, editor } = started.ends
    await editor.create(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: 'default' } })
    for (const object of objectsOf('crds.yaml').filter(({ kind }) => kind === 'CustomResourceDefinition'))
      await cluster.writer.apply(object)
  })

  afterAll(async () => {
    if (WHOLE) console.info(table(rows))
    await started?.ends.editor.close()
    await started?.ends.cluster.close()
    await started?.plane.stop()
  })

  const chosen = OBJECTS.filter((object) => WHOLE || SAMPLE.includes(object.kind)).filter(
    (object) => object.kind !== 'CustomResourceDefinition' || !isOurs(object),
  )
  it.each(chosen.map((object) => [named(object), object] as const))(
    '%s',
    async (_, object) => {
      if (started === undefined) return
      const subject = await subjectOf(started.ends, object)
      const run = await Run.begin(started.ends, subject)
      rows.push(run.row)
      const mutations = run.mutations()
      const step = every(mutations.length)
      for (const writer of WRITERS)
        for (const mutation of mutations.filter((_mutation, index) => index % step === 0))
          await run.try(mutation, writer)
      await takeOut(started.ends, subject)
      if (WHOLE) await keep(rows)
      expect({ missed: run.row.missed, falseAlarms: run.row.falseAlarms }).toEqual({ missed: [], falseAlarms: [] })
      expect(run.row.unhealed.filter((text) => text.includes(': left '))).toEqual([])
    },
    3_600_000,
  )
})

async function keep(rows: readonly Row[]): Promise<void> {
  const folder = new URL('../../bench/results/', import.meta.url)
  await mkdir(folder, { recursive: true })
  await writeFile(new URL('mutation.md', folder), wholeTable(rows))
}
