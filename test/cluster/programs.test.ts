// Edits by real programs on a real API server that keeps an audit log: the author is who sent it, by the log and by the
// bookkeeping alone; where neither knows, nobody.
// requirements: [S001-04, S001-54, S002-49, S002-55, S002-56, S002-57, S002-95]
import { execFile } from 'node:child_process'
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bareContext, classifyField, ownershipOf } from '../../src/core/classify/index.ts'
import { compare } from '../../src/core/compare/index.ts'
import { NO_BOOK } from '../../src/core/definition/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { readYaml } from '../../src/core/yaml/index.ts'
import { openHelm } from '../../tools/helm.mjs'
import { schemaOfKind } from '../core/compare/read-case.ts'
import { AuditFacts } from '../kit/audit-facts.ts'
import { startWebhook, type Webhook } from '../kit/webhook.ts'
import { makeWorld, type World } from '../kit/world.ts'

const run = promisify(execFile)
/** The one that is shipped. */
const policyFile = new URL('../../deploy/audit/policy.yaml', import.meta.url)
const [policy] = readYaml(await readFile(policyFile, 'utf8'), { file: 'policy.yaml' }).documents

const world: World | undefined = await makeWorld('edits by real programs', {
  audit: { policy: policy?.value as object },
  apiServerFlags: [
    '--feature-gates=MutatingAdmissionPolicy=true',
    '--runtime-config=admissionregistration.k8s.io/v1beta1=true',
  ],
})
let webhook: Webhook | undefined
afterAll(async () => {
  await webhook?.stop()
  await world?.close()
})

/** A program of this machine; null = it has none. */
async function find(name: string): Promise<string | null> {
  const { PATH = '', KUBEBUILDER_ASSETS = '' } = process.env
  for (const directory of [KUBEBUILDER_ASSETS, ...PATH.split(delimiter)].filter((one) => one !== '')) {
    const path = join(directory, name)
    const works = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (works) return path
  }
  return null
}
const [KUBECTL, CURL, PYTHON] = await Promise.all([find('kubectl'), find('curl'), find('python3')])
for (const [name, at] of Object.entries({ kubectl: KUBECTL, curl: CURL, python3: PYTHON }))
  if (at === null) console.error(`SKIPPED: edits by ${name}, which is not on the PATH`)

const NS = 'programs'
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NS}/deployments`
const HOOKS = '/apis/admissionregistration.k8s.io/v1'
const REF = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: NS, name: '' }

const declared = (name: string): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: NS, labels: { app: name } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'r.example/app:1', resources: { limits: { memory: '128Mi' } } }] },
      },
    },
  }) as unknown as KubeObject

interface Named {
  readonly at: string
  readonly user: string | null
  readonly manager: string | null
  readonly confidence: string
  readonly means: string
}
interface Told {
  /** By the log, to who saw the object before; and to who did not. */
  readonly seen: readonly Named[]
  readonly unseen: readonly Named[]
  /** By the bookkeeping alone. */
  readonly bookkeeping: readonly Named[]
}

class Deployments {
  readonly #world: World
  readonly #facts: AuditFacts
  readonly #before = new Map<string, KubeObject>()

  constructor(of: World) {
    this.#world = of
    this.#facts = new AuditFacts(of.plane.auditLog ?? '')
  }

  /** As Holdfast delivers one, and settled. */
  async deliver(name: string): Promise<void> {
    await this.#world.editor.patch('apply', `${DEPLOYMENTS}/${name}`, declared(name), 'holdfast')
    await this.#world.editor.until(`${DEPLOYMENTS}/${name}`, ({ body }) => body.status?.observedGeneration === 1)
    this.#before.set(name, await this.live(name))
  }

  async live(name: string): Promise<KubeObject> {
    return (await this.#world.editor.get(`${DEPLOYMENTS}/${name}`)).body as KubeObject
  }

  /** Who made what differs now, by a log that tells of what came after that version, else after the delivery. */
  async told(name: string, after?: string): Promise<Told> {
    const live = await this.live(name)
    const at = { group: 'apps', resource: 'deployments', namespace: NS, name }
    const ref = { ...REF, name }
    const before = this.#before.get(name) as KubeObject
    const facts = await this.#facts.of(at, after ?? before.metadata.resourceVersion ?? '')
    const { fields } = compare({
      ...{ ref, desired: declared(name), live, schema: schemaOfKind(ref), normalForm: null, ignore: NO_BOOK },
      ...{ neighbours: { autoscalers: [] }, managersOf: () => [] },
    })
    const window = {
      afterVersion: before.metadata.resourceVersion ?? '',
      afterTime: Date.parse(before.metadata.creationTimestamp ?? ''),
      untilVersion: live.metadata.resourceVersion ?? '',
      untilTime: Date.now(),
    }
    const judged = (audit: object): Named[] =>
      fields.map((field) => {
        const cause = classifyField(field, ownershipOf(live), { ...bareContext(ref, live), ...audit })
        const { user, manager } = cause.actor
        return { at: field.at, user, manager, confidence: cause.confidence, means: cause.means }
      })
    return {
      seen: judged({ audit: { facts, window } }),
      unseen: judged({ audit: { facts, window: null } }),
      bookkeeping: judged({}),
    }
  }
}

/** Everything that differs was made by him; whoever does not see it before names him or nobody. */
function expectAuthor({ seen, unseen, bookkeeping }: Told, author: Partial<Named> & { readonly user: string }): void {
  expect(seen).not.toHaveLength(0)
  for (const one of seen) {
    expect(one).toMatchObject(author)
    // What the controller wrote since leaves it open whether somebody put it there in between.
    expect(['certain', 'likely']).toContain(one.confidence)
  }
  for (const { user } of unseen) expect([author.user, null]).toContain(user)
  const manager = author.manager ?? seen[0]?.manager ?? null
  for (const one of bookkeeping) {
    expect([manager, null]).toContain(one.manager)
    expect(one.user).toBeNull()
  }
}

describe.skipIf(world === undefined)('the author of an edit', () => {
  const { plane, editor, directory } = world as World
  const deployments = new Deployments(world as World)
  const alice = plane.users.alice?.token ?? ''
  const shell = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    run(program, [...args], { cwd: directory, env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...env } })

  beforeAll(async () => {
    await editor.create('/api/v1/namespaces', { metadata: { name: NS } })
  })

  describe.skipIf(KUBECTL === null)('kubectl', () => {
    const kubectl = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      shell(KUBECTL ?? '', ['--kubeconfig', plane.kubeconfigs.alice ?? '', '-n', NS, ...args], env)

    it.each([
      ['set image', 'kubectl-set', (web: string) => ['set', 'image', web, 'app=r.example/app:2']],
      ['set env', 'kubectl-set', (web: string) => ['set', 'env', web, 'A=1']],
      ['set resources', 'kubectl-set', (web: string) => ['set', 'resources', web, '--limits=memory=256Mi']],
      ['scale', 'kubectl', (web: string) => ['scale', web, '--replicas=5']],
      ['scale to 0', 'kubectl', (web: string) => ['scale', web, '--replicas=0']],
      ['label', 'kubectl-label', (web: string) => ['label', web, 'a=b']],
      ['annotate', 'kubectl-annotate', (web: string) => ['annotate', web, 'a=b']],
      ['patch', 'kubectl-patch', (web: string) => ['patch', web, '-p', '{"spec":{"minReadySeconds":5}}']],
      [
        'a removal',
        'kubectl-patch',
        (web: string) => [
          ...['patch', web, '--type=json', '-p'],
          '[{"op":"remove","path":"/spec/template/spec/containers/0/resources/limits"}]',
        ],
      ],
      ['rollout restart', 'kubectl-rollout', (web: string) => ['rollout', 'restart', web]],
    ])('%s', async (what, manager, argsFor) => {
      const name = `kubectl-${what.replaceAll(' ', '-')}`
      await deployments.deliver(name)
      await kubectl(argsFor(`deployment/${name}`))
      expectAuthor(await deployments.told(name), { user: 'alice', manager, means: 'kubectl' })
    })

    it('edit', async () => {
      await deployments.deliver('kubectl-edit')
      await kubectl(['edit', 'deployment/kubectl-edit'], { KUBE_EDITOR: 'sed -i s/app:1/app:2/' })
      expectAuthor(await deployments.told('kubectl-edit'), { user: 'alice', manager: 'kubectl-edit' })
    })

    it.each([
      ['apply', 'kubectl-client-side-apply', []],
      ['apply --server-side', 'kubectl', ['--server-side', '--force-conflicts']],
    ])('%s', async (what, manager, flags) => {
      const name = what.replaceAll(/\W+/g, '-')
      await deployments.deliver(name)
      const object = JSON.parse(JSON.stringify(declared(name)).replace('app:1', 'app:2')) as object
      await writeFile(join(directory, `${name}.json`), JSON.stringify(object))
      await kubectl(['apply', ...flags, '-f', `${name}.json`])
      expectAuthor(await deployments.told(name), { user: 'alice', manager, means: 'kubectl' })
    })
  })

  it('helm', async () => {
    await deployments.deliver('helm')
    const chart = join(directory, 'chart')
    await mkdir(join(chart, 'templates'), { recursive: true })
    await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 1.0.0\n')
    const object = JSON.stringify(declared('helm')).replace('app:1', 'app:2')
    await writeFile(join(chart, 'templates', 'web.yaml'), object)
    const helm = await openHelm(join(directory, 'helm'))
    await mkdir(join(directory, 'helm'), { recursive: true })
    const kubeconfig = ['--kubeconfig', plane.kubeconfigs.alice ?? '', '--namespace', NS]
    await helm.call('install', 'web', chart, '--take-ownership', '--force-conflicts', ...kubeconfig)
    expectAuthor(await deployments.told('helm'), { user: 'alice', manager: 'helm', means: 'helm' })
  }, 60_000)

  it.skipIf(CURL === null)('curl, by the token of a service account', async () => {
    const accounts = `/api/v1/namespaces/${NS}/serviceaccounts`
    await editor.create(accounts, { metadata: { name: 'deployer' } })
    await editor.create(`/apis/rbac.authorization.k8s.io/v1/namespaces/${NS}/rolebindings`, {
      metadata: { name: 'deployer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: NS }],
    })
    const { body } = await editor.create(`${accounts}/deployer/token`, { spec: {} })
    await deployments.deliver('curl')
    await shell(CURL ?? '', [
      ...['-sS', '--fail-with-body', '--cacert', plane.caFile, '-X', 'PATCH'],
      ...['-H', `authorization: Bearer ${(body as { status: { token: string } }).status.token}`],
      ...['-H', 'content-type: application/merge-patch+json', '-d', '{"spec":{"minReadySeconds":7}}'],
      `${plane.url}${DEPLOYMENTS}/curl`,
    ])
    const told = await deployments.told('curl')
    expectAuthor(told, { user: `system:serviceaccount:${NS}:deployer`, manager: 'curl' })
  })

  it.skipIf(PYTHON === null)('a Python client', async () => {
    await deployments.deliver('python')
    const script = `
import json, os, ssl, urllib.request
change = json.dumps({"metadata": {"labels": {"by": "python"}}}).encode()
headers = {"authorization": "Bearer " + os.environ["TOKEN"], "content-type": "application/merge-patch+json"}
request = urllib.request.Request(os.environ["URL"], data=change, headers=headers, method="PATCH")
urllib.request.urlopen(request, context=ssl.create_default_context(cafile=os.environ["CA"])).read()
`
    const env = { TOKEN: alice, URL: `${plane.url}${DEPLOYMENTS}/python`, CA: plane.caFile }
    await shell(PYTHON ?? '', ['-c', script], env)
    expectAuthor(await deployments.told('python'), { user: 'alice', manager: 'Python-urllib', means: 'client' })
  })

  it('a Node client that gives no name', async () => {
    await deployments.deliver('node')
    const status = await new Promise((resolve, reject) => {
      const call = httpsRequest(
        `${plane.url}${DEPLOYMENTS}/node`,
        {
          ...{ method: 'PATCH', ca: plane.ca },
          headers: { authorization: `Bearer ${alice}`, 'content-type': 'application/merge-patch+json' },
        },
        (response) => {
          response.resume().on('end', () => resolve(response.statusCode))
        },
      )
      call.on('error', reject)
      call.end(JSON.stringify({ metadata: { annotations: { by: 'node' } } }))
    })
    expect(status).toBe(200)
    expectAuthor(await deployments.told('node'), { user: 'alice', manager: 'unknown' })
  })

  it('an autoscaler, by the controller manager', async () => {
    await deployments.deliver('scaled')
    await editor.create(`/apis/autoscaling/v2/namespaces/${NS}/horizontalpodautoscalers`, {
      metadata: { name: 'scaled' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled' },
        // It has no metrics, and needs none to bring its target up to the least.
        ...{ minReplicas: 5, maxReplicas: 9 },
      },
    })
    await editor.until(`${DEPLOYMENTS}/scaled`, ({ body }) => body.spec.replicas === 5)
    expectAuthor(await deployments.told('scaled'), {
      user: 'system:serviceaccount:kube-system:horizontal-pod-autoscaler',
      manager: 'kube-controller-manager',
    })
  })

  it('a mutating webhook during somebody’s edit: what he asked for is his, what it wrote is its own', async () => {
    webhook = await startWebhook({
      stamp: () => [{ op: 'add', path: '/spec/template/metadata/annotations', value: { stamp: 'yes' } }],
    })
    await deployments.deliver('stamped')
    await editor.create(`${HOOKS}/mutatingwebhookconfigurations`, {
      metadata: { name: 'stamper' },
      webhooks: [
        {
          ...{ name: 'stamp.example.com', sideEffects: 'None', admissionReviewVersions: ['v1'], failurePolicy: 'Fail' },
          clientConfig: { url: webhook.url('stamp'), caBundle: webhook.caBundle },
          rules: [{ operations: ['UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }],
          matchConditions: [{ name: 'this', expression: 'object.metadata.name == "stamped"' }],
        },
      ],
    })
    const last = await changeUntil('stamped', (live) => 'annotations' in live.spec.template.metadata)
    const { seen, unseen } = await deployments.told('stamped', last)
    const asked = seen.find(({ at }) => at === '.spec.minReadySeconds')
    const stamp = seen.find(({ at }) => at.startsWith('.spec.template.metadata.annotations'))
    expect(asked).toMatchObject({ user: 'alice', manager: 'kubectl-patch' })
    expect(stamp).toMatchObject({ user: null, means: 'admission', manager: 'stamper/stamp.example.com' })
    for (const { at, user } of unseen) if (at !== '.spec.minReadySeconds') expect(user).toBeNull()
  })

  it('an admission policy during somebody’s edit: no user is named for what it wrote', async () => {
    await deployments.deliver('marked')
    const policies = '/apis/admissionregistration.k8s.io/v1beta1'
    const expression = 'Object{metadata: Object.metadata{annotations: {"policy": "yes"}}}'
    await editor.create(`${policies}/mutatingadmissionpolicies`, {
      metadata: { name: 'mark' },
      spec: {
        matchConstraints: {
          resourceRules: [
            { operations: ['UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
          ],
        },
        matchConditions: [{ name: 'this', expression: 'object.metadata.name == "marked"' }],
        ...{ reinvocationPolicy: 'Never', failurePolicy: 'Fail' },
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      },
    })
    await editor.create(`${policies}/mutatingadmissionpolicybindings`, {
      metadata: { name: 'mark' },
      spec: { policyName: 'mark' },
    })
    const last = await changeUntil('marked', (live) => live.metadata.annotations?.policy === 'yes')
    const { seen, unseen } = await deployments.told('marked', last)
    expect(seen.find(({ at }) => at === '.spec.minReadySeconds')).toMatchObject({ user: 'alice' })
    for (const told of [seen, unseen])
      for (const { at, user } of told) if (at.includes('policy')) expect(user).toBeNull()
    expect(seen.some(({ at }) => at.includes('policy'))).toBe(true)
  })

  // biome-ignore lint/suspicious/noExplicitAny: tests look into arbitrary objects
  async function changeUntil(name: string, holds: (live: any) => boolean): Promise<string | undefined> {
    let before: string | undefined
    // Admission is told of what is new a moment later.
    for (let tries = 1; tries <= 100; tries += 1) {
      const { body } = await editor.send('PATCH', `${DEPLOYMENTS}/${name}?fieldManager=kubectl-patch`, {
        body: { spec: { minReadySeconds: tries } },
        type: 'application/merge-patch+json',
        headers: { authorization: `Bearer ${alice}` },
      })
      // The last write before that one.
      if (holds(body)) return before
      before = (body as KubeObject).metadata.resourceVersion
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`${name} was not changed on its way in`)
  }
})
