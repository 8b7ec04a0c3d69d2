// 200 edits by many kinds of actor on a real API server: the author is right wherever managedFields know him, else unknown,
// and never another; with the audit log he is known of every edit.
// requirements: [S001-04, S001-54, S002-49, S002-55, S002-56, S002-57, S002-95]
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareContext, classifyField, ownershipOf, type Window } from '../../src/core/classify/index.ts'
import { compare } from '../../src/core/compare/index.ts'
import { NO_BOOK } from '../../src/core/definition/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { schemaOfKind } from '../core/compare/read-case.ts'
import { AuditFacts } from '../kit/audit-facts.ts'
import { makeWorld, type World } from '../kit/world.ts'
import { Agent } from 'undici'

const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'None', verbs: ['get', 'list', 'watch'] }, { level: 'RequestResponse' }],
}
const world: World | undefined = await makeWorld('authors', { audit: { policy: AUDIT_POLICY } })
afterAll(() => world?.close())

const NAMESPACE = '/apis/apps/v1/namespaces/authors/deployments'
const REF = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'authors', name: '' }

const declared = (name: string): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'authors', labels: { app: name } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'r.example/app:1', resources: { limits: { memory: '128Mi' } } }] },
      },
    },
  }) as unknown as KubeObject

interface Edit {
  readonly actor: string
  /** Sent as clients do: a fieldManager in the query, or nothing but a User-Agent. */
  readonly query?: string
  readonly agent?: string
  readonly type: 'strategic-merge-patch' | 'merge-patch' | 'json-patch' | 'apply-patch'
  readonly path?: string
  readonly body: unknown
  /** The manager to be named for each differing path, by a part of it; null = nobody. */
  readonly expect: Readonly<Record<string, string | null>>
  readonly means: string
}

const container = (change: object): object => ({
  spec: { template: { spec: { containers: [{ name: 'app', ...change }] } } },
})
const KUBECTL = 'kubectl/v1.35.0 (linux/amd64) kubernetes/abc'

/** One turn of all actors; `n` makes the values of each turn its own. */
const turn = (n: number, name: string): Edit[] => {
  const image = { image: `r.example/app:${n + 2}` }
  const patch = (actor: string, manager: string, more: Partial<Edit> = {}): Edit => ({
    actor,
    query: `fieldManager=${manager}`,
    agent: KUBECTL,
    type: 'strategic-merge-patch',
    body: container(image),
    expect: { image: manager },
    means: 'kubectl',
    ...more,
  })
  const label = { metadata: { labels: { [`turn-${n}`]: 'x' } } }
  const anonymous = (actor: string, agent: string, means: string, manager = agent.split('/')[0] as string): Edit => ({
    actor,
    agent,
    type: 'merge-patch',
    body: label,
    expect: { [`turn-${n}`]: manager },
    means,
  })
  return [
    patch('kubectl edit', 'kubectl-edit'),
    patch('kubectl set image', 'kubectl-set'),
    patch('kubectl set resources', 'kubectl-set', {
      body: container({ resources: { limits: { memory: `${256 + n}Mi` } } }),
      expect: { memory: 'kubectl-set' },
    }),
    patch('kubectl set env', 'kubectl-set', {
      body: container({ env: [{ name: 'A', value: String(n) }] }),
      expect: { env: 'kubectl-set' },
    }),
    patch('kubectl patch', 'kubectl-patch', {
      body: { spec: { minReadySeconds: n + 1 } },
      expect: { minReadySeconds: 'kubectl-patch' },
    }),
    patch('kubectl annotate', 'kubectl-annotate', {
      type: 'merge-patch',
      body: { metadata: { annotations: { note: String(n) } } },
      expect: { annotations: 'kubectl-annotate' },
    }),
    patch('kubectl label', 'kubectl-label', {
      type: 'merge-patch',
      body: label,
      expect: { [`turn-${n}`]: 'kubectl-label' },
    }),
    patch('kubectl rollout restart', 'kubectl-rollout', {
      body: {
        spec: {
          template: {
            metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': `2026-01-01T00:00:${10 + n}Z` } },
          },
        },
      },
      expect: { annotations: 'kubectl-rollout' },
    }),
    {
      actor: 'kubectl scale',
      agent: KUBECTL,
      type: 'merge-patch',
      path: '/scale',
      body: { spec: { replicas: 4 + n } },
      expect: { replicas: 'kubectl' },
      means: 'kubectl',
    },
    {
      actor: 'kubectl scale to 0',
      agent: KUBECTL,
      type: 'merge-patch',
      path: '/scale',
      body: { spec: { replicas: 0 } },
      expect: { replicas: null },
      means: 'unknown',
    },
    patch('kubectl apply --server-side', 'kubectl', {
      type: 'apply-patch',
      query: 'fieldManager=kubectl&force=true',
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels: { [`applied-${n}`]: 'x' } } },
      expect: { [`applied-${n}`]: 'kubectl' },
    }),
    patch('server-side apply by another manager', 'deploy-tool', {
      type: 'apply-patch',
      query: 'fieldManager=deploy-tool&force=true',
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { minReadySeconds: n + 7 } },
      expect: { minReadySeconds: 'deploy-tool' },
      means: 'client',
    }),
    patch('helm', 'helm', { agent: 'Helm/4.0', expect: { image: 'helm' }, means: 'helm' }),
    anonymous('a Python client', 'OpenAPI-Generator/31.0.0/python', 'client'),
    anonymous('a Node client', 'node-fetch/1.0 (+https://github.com/bitinn/node-fetch)', 'client'),
    anonymous('a Java client', 'okhttp/4.12.0', 'client'),
    anonymous('a browser', 'Mozilla/5.0 (X11; Linux x86_64)', 'console'),
    anonymous('k9s', 'k9s/v0.50', 'console'),
    anonymous('curl', 'curl/8.5.0', 'client'),
    {
      actor: 'a removal',
      query: 'fieldManager=kubectl-edit',
      type: 'json-patch',
      body: [{ op: 'remove', path: '/spec/template/spec/containers/0/resources/limits' }],
      expect: { '.resources': null },
      means: 'unknown',
    },
    {
      actor: 'a write that empties the bookkeeping',
      query: 'fieldManager=kubectl-edit',
      type: 'merge-patch',
      body: { metadata: { managedFields: [{}], labels: { hidden: 'x' } } },
      expect: { hidden: null },
      means: 'unknown',
    },
  ]
}

class Client {
  readonly #world: World
  readonly #agent: Agent
  constructor(of: World) {
    this.#world = of
    this.#agent = new Agent({ connect: { ca: of.plane.ca } })
  }
  async send(
    method: 'PATCH' | 'GET',
    path: string,
    edit?: Pick<Edit, 'type' | 'agent' | 'body'> & { readonly by: string },
  ): Promise<KubeObject> {
    const { url, adminToken, users } = this.#world.plane
    const token = edit === undefined ? adminToken : users[edit.by]?.token
    const response = await request(new URL(path, url), {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${token}`,
        ...(edit === undefined
          ? {}
          : { 'content-type': `application/${edit.type}+${edit.type === 'apply-patch' ? 'yaml' : 'json'}` }),
        'user-agent': edit?.agent ?? 'test/1',
      },
      ...(edit === undefined ? {} : { body: JSON.stringify(edit.body) }),
    })
    const text = await response.body.text()
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`)
    return JSON.parse(text) as KubeObject
  }
  close = (): Promise<void> => this.#agent.close()
}

interface Told {
  readonly at: string
  readonly manager: string | null
  readonly confidence: string
  readonly means: string
}

function differences(name: string, live: KubeObject) {
  const ref = { ...REF, name }
  return compare({
    ...{ ref, desired: declared(name), live, schema: schemaOfKind(ref), normalForm: null, ignore: NO_BOOK },
    ...{ neighbours: { autoscalers: [] }, managersOf: () => [] },
  }).fields
}

function authors(name: string, live: KubeObject): Told[] {
  const ownership = ownershipOf(live)
  return differences(name, live).map((field) => {
    const { actor, confidence, means } = classifyField(field, ownership)
    return { at: field.at, manager: actor.manager, confidence, means }
  })
}

/** The users that the log names; to who did not see the object before, `window` is null. */
async function usersByLog(name: string, live: KubeObject, before: KubeObject, facts: AuditFacts) {
  const { resourceVersion: afterVersion = '', creationTimestamp } = before.metadata
  const at = { group: 'apps', resource: 'deployments', namespace: 'authors', name }
  const known = await facts.of(at, afterVersion)
  const untilVersion = live.metadata.resourceVersion ?? ''
  const afterTime = Date.parse(creationTimestamp ?? '')
  const seen = { afterVersion, afterTime, untilVersion, untilTime: Date.now() }
  const told = (window: Window | null): (string | null)[] =>
    differences(name, live).map(
      (field) =>
        classifyField(field, ownershipOf(live), {
          ...bareContext({ ...REF, name }, live),
          audit: { facts: known, window },
        }).actor.user,
    )
  return { seen: told(seen), unseen: told(null) }
}

const TURNS = 10

describe.skipIf(world === undefined)('the author of an edit', () => {
  const client = world === undefined ? undefined : new Client(world)
  const log = new AuditFacts(world?.plane.auditLog ?? '')
  afterAll(() => client?.close())
  beforeAll(async () => {
    await world?.editor.create('/api/v1/namespaces', { metadata: { name: 'authors' } })
    // All before the first edit: the server's times have a grain of a second.
    for (const index of turn(0, 'x').keys()) {
      for (let n = 0; n < TURNS; n += 1) {
        const name = `web-${index}-${n}`
        await world?.editor.patch('apply', `${NAMESPACE}/${name}`, declared(name), 'holdfast')
      }
    }
  }, 60_000)

  it.each(turn(0, 'x').map(({ actor }, index) => [actor, index] as const))('%s', async (_, index) => {
    for (let n = 0; n < TURNS; n += 1) {
      const name = `web-${index}-${n}`
      const edit = turn(n, name)[index] as Edit
      const query = edit.query === undefined ? '' : `?${edit.query}`
      const by = n % 2 === 0 ? 'alice' : 'bob'
      const before = (await client?.send('GET', `${NAMESPACE}/${name}`)) as KubeObject
      await client?.send('PATCH', `${NAMESPACE}/${name}${edit.path ?? ''}${query}`, { ...edit, by })
      const live = (await client?.send('GET', `${NAMESPACE}/${name}`)) as KubeObject
      const told = authors(name, live)
      for (const [part, manager] of Object.entries(edit.expect)) {
        const found = told.filter(({ at }) => at.includes(part))
        expect(found, `${edit.actor}: ${part} of ${JSON.stringify(told)}`).not.toHaveLength(0)
        for (const one of found) {
          expect(one).toMatchObject({ manager, means: edit.means })
          expect(one.confidence).toBe(manager === null ? 'unknown' : 'likely')
        }
      }
      // Whoever is named anywhere is he who wrote, or nobody.
      const right = new Set([...Object.values(edit.expect), null])
      expect(told.filter(({ manager }) => !right.has(manager))).toEqual([])
      const { seen, unseen } = await usersByLog(name, live, before, log)
      expect(new Set(seen)).toEqual(new Set([by]))
      expect(unseen.filter((user) => user !== null && user !== by)).toEqual([])
    }
  })
})
