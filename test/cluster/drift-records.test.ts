// What stays on record of a drift after it was healed: what happened around it, who explains it, what people say.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Running } from '../../src/main/run.ts'
import { APPS, makeWorld, type World } from '../kit/world.ts'
import { command, type Said } from '../surfaces/cli/command.ts'

const NS = 'prod'
const PLANTED = 'PLANTED-EVENT-SECRET'
const AT = {
  web: `/apis/apps/v1/namespaces/${NS}/deployments/checkout-api`,
  events: `/api/v1/namespaces/${NS}/events`,
  pods: `/api/v1/namespaces/${NS}/pods`,
  scalers: `/apis/autoscaling/v2/namespaces/${NS}/horizontalpodautoscalers`,
}
const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout-api, annotations: {holdfast.dev/owner: team-checkout}}
spec:
  replicas: 2
  selector: {matchLabels: {app: checkout}}
  template:
    metadata: {labels: {app: checkout}}
    spec: {containers: [{name: app, image: "registry.example/app:1"}]}
`

interface Shown {
  readonly id: string
  readonly object: string
  readonly outcome: string
  readonly status: string
  readonly tier: string
  readonly actor: string
  readonly ownership: string
  readonly metrics: string
  readonly incidents: string
  readonly paths: readonly string[]
  readonly revertRisk: { readonly level: string; readonly because: readonly string[] }
  readonly evidence: readonly { readonly source: string; readonly detail: string; readonly time: string | null }[]
  readonly gaps: readonly string[]
  readonly notes: readonly { readonly by: string; readonly text: string }[]
}

let world: World | undefined
let running: Running
let env: Readonly<Record<string, string | undefined>>
const holdfast = (...args: string[]): Promise<Said> => command(args, { cwd: (world as World).directory, env })

beforeAll(async () => {
  world = await makeWorld('drift records', { controllers: true })
  if (world === undefined) return
  env = {
    PATH: process.env['PATH'],
    HOME: world.directory,
    USER: 'alice',
    KUBECONFIG: world.plane.kubeconfig,
    HOLDFAST_DATA_DIR: join(world.directory, 'data'),
  }
  const repository = await world.git.createRepository('checkout')
  await repository.commit({ 'web.yaml': MANIFEST }, 'checkout')
  running = await world.start()
  await world.editor.create(APPS, world.application('checkout', repository, { namespace: NS }))
  await world.untilApp(
    'checkout',
    (app) => (app as { status?: { sync?: { status?: string } } }).status?.sync?.status === 'Synced',
  )
}, 1_200_000)
afterAll(() => world?.close())

async function records(): Promise<readonly Shown[]> {
  const { out } = await holdfast('drift', 'list', '-o', 'json')
  return (JSON.parse(out) as { items: readonly Shown[] }).items
}

async function untilRecord(holds: (record: Shown) => boolean, ms = 15_000): Promise<Shown> {
  let found: Shown | undefined
  await expect
    .poll(
      async () => {
        found = (await records()).find(holds)
        return found !== undefined
      },
      { timeout: ms, interval: 300 },
    )
    .toBe(true)
  return found as Shown
}

const event = (name: string, message: string, last: string, count = 1): object => ({
  metadata: { name, namespace: NS },
  involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NS, name: 'checkout-api' },
  reason: 'Noticed',
  type: 'Warning',
  message,
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: last,
  count,
  source: { component: 'someone' },
})

describe('production drift that was healed', () => {
  it('stays on record with the Events around it until a person says why [S001-53] [S001-55] [S002-76] [S002-94] [S002-242] [S002-252]', async () => {
    if (world === undefined) return
    const { editor } = world
    await editor.create(AT.events, event('late', 'later than the other', '2026-01-01T00:05:00Z', 3))
    await editor.create(
      AT.events,
      event('early', `\u001b[31mred\u0007 token=${PLANTED} ${'x'.repeat(2_000)}`, '2026-01-01T00:01:00Z'),
    )
    await editor.create(AT.pods, {
      metadata: { name: 'killed', labels: { app: 'checkout' } },
      spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
    })
    await editor.patch(
      'merge',
      `${AT.pods}/killed/status`,
      {
        status: {
          containerStatuses: [
            {
              ...{ name: 'app', image: 'x', imageID: 'x', ready: false, restartCount: 4, state: {} },
              lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-01-01T00:02:00Z' } },
            },
          ],
        },
      },
      'test',
    )
    // Whoever writes so names nobody.
    await editor.patch('merge', AT.web, { metadata: { managedFields: [{}] }, spec: { replicas: 5 } }, 'ghost')
    await editor.until(AT.web, ({ body }) => body.spec.replicas === 2)
    const healed = await untilRecord(({ outcome, evidence }) => outcome === 'healed' && evidence.length > 2)
    expect(healed).toMatchObject({
      object: 'apps/Deployment prod/checkout-api',
      status: 'cause not established',
      tier: 'production',
      paths: ['.spec.replicas'],
      ownership: 'team-checkout',
      metrics: 'not available',
      incidents: 'not available',
      revertRisk: { level: 'raised' },
    })
    const details = healed.evidence.map(({ detail }) => detail)
    expect(details.some((detail) => detail.includes('ScalingReplicaSet'))).toBe(true)
    expect(details).toContain('Deployment checkout-api: Noticed: later than the other (3 times), from someone')
    expect(details.some((detail) => detail.includes('container app: OOMKilled, restarted 4 times'))).toBe(true)
    const times = healed.evidence.map(({ time }) => time ?? '')
    expect(times).toEqual(times.toSorted())
    const hostile = details.find((detail) => detail.includes('red')) ?? ''
    expect(hostile).not.toMatch(/\p{Cc}/u)
    expect(hostile.length).toBeLessThan(400)
    expect(JSON.stringify(healed)).not.toContain(PLANTED)

    // It stays when the cluster has forgotten, and over a restart.
    await editor.remove(`${AT.events}/late`)
    await world.stop(running)
    running = await world.start()
    const kept = await untilRecord(({ id }) => id === healed.id)
    expect(kept.evidence.map(({ detail }) => detail)).toContain(
      'Deployment checkout-api: Noticed: later than the other (3 times), from someone',
    )

    const noted = await holdfast('drift', 'annotate', healed.id.slice(0, 6), '-m', 'I looked, nothing yet')
    expect(noted).toMatchObject({ err: '', exit: 0, out: `${healed.id}: noted by alice\n` })
    expect((await untilRecord(({ id }) => id === healed.id)).status).toBe('cause not established')
    await holdfast('drift', 'annotate', healed.id, '-m', 'load test by hand', '--cause')
    expect(await untilRecord(({ id }) => id === healed.id)).toMatchObject({
      status: 'cause established',
      notes: [{ by: 'alice', text: 'I looked, nothing yet' }, { text: 'load test by hand' }],
    })
    const { out } = await holdfast('drift', 'show', healed.id)
    expect(out).toContain('only difference: .spec.replicas')
    expect(out).toContain('risk      raised: containers were killed for lack of memory (1)')
    expect(out).toMatch(/metrics +not available\n +incidents +not available/)
    expect((await holdfast('drift', 'annotate', 'ffffffff', '-m', 'x')).err).toContain(
      'no drift is on record as ffffffff',
    )
  }, 90_000)

  it('by a hand that is known needs no one to explain it [S001-53]', async () => {
    if (world === undefined) return
    await world.editor.patch('merge', AT.web, { spec: { paused: true } }, 'kubectl-edit')
    const known = await untilRecord(({ actor, outcome }) => actor === 'kubectl-edit' && outcome === 'healed')
    expect(known.status).toBe('cause established')
  }, 30_000)

  it('that an autoscaler made lists its bounds, counts and conditions [S001-56] [S002-78]', async () => {
    if (world === undefined) return
    const { editor } = world
    await editor.create(AT.scalers, {
      metadata: { name: 'checkout' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout-api' },
        ...{ minReplicas: 3, maxReplicas: 4 },
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
      },
    })
    await editor.until(AT.web, ({ body }) => body.spec.replicas === 3, { ms: 60_000 })
    await editor.patch('merge', `${AT.scalers}/checkout`, { spec: { minReplicas: 2 } }, 'test')
    // Beyond its bounds: nobody leaves that to it.
    await editor.patch('merge', AT.web, { spec: { replicas: 7 } }, 'kubectl-scale')
    const record = await untilRecord(({ evidence }) => evidence.some(({ source }) => source === 'autoscaler'), 30_000)
    const details = record.evidence.map(({ detail }) => detail)
    expect(
      details.some((one) => /^HorizontalPodAutoscaler checkout: min 2, max 4, current \d+, desired \d+/.test(one)),
    ).toBe(true)
    expect(details.some((one) => one.includes('AbleToScale=True'))).toBe(true)
    expect(details.some((one) => one.includes('SuccessfulRescale'))).toBe(true)
    expect(record.paths).toEqual(['.spec.replicas'])
  }, 120_000)
})
