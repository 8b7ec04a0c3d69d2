// The turns of one object, with a cluster that holds nothing but it.
import { parseApplication, parseSettings, type Settings } from '../../../src/core/definition/index.ts'
import { type KubeObject, refOf } from '../../../src/core/kube/index.ts'
import { Admission } from '../../../src/loop/admission.ts'
import { Audit } from '../../../src/loop/audit.ts'
import { TokenBucket } from '../../../src/loop/bucket.ts'
import type { Deps } from '../../../src/loop/deps.ts'
import { Evidence } from '../../../src/loop/evidence.ts'
import { Kinds } from '../../../src/loop/kinds.ts'
import { ObjectRunner } from '../../../src/loop/objects.ts'
import { contextOf } from '../../../src/loop/permissions.ts'
import { Questions } from '../../../src/loop/questions.ts'
import { newApp, ObjectIndex, type Tracked } from '../../../src/loop/state.ts'
import type { KindInfo } from '../../../src/ports/cluster-reader.ts'
import type { ApplyStep } from '../../../src/core/plan/index.ts'
import type { ApplyOutcome } from '../../../src/loop/steps/index.ts'
import { FakeClock } from '../../adapters/kube-http/support/fake-clock.ts'
import { schemaOfKind } from '../../core/compare/read-case.ts'

const CONFIG_MAPS: KindInfo = {
  ...{ group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps' },
  ...{ namespaced: true, verbs: ['list'], subresources: [] },
}

const OPTIONS = {
  ...{ prune: true, pruneLast: false, delete: true, ignoreExtraneous: false, validate: true },
  ...{ declaredOnly: false, leave: null },
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }

export interface World {
  readonly mode?: 'observe' | 'enforce'
  readonly apply?: (step: ApplyStep) => Promise<ApplyOutcome>
  readonly budget?: { readonly perSecond: number; readonly burst: number }
}

/** An application that declares this one ConfigMap. */
export async function oneObject(declared: KubeObject, { mode = 'observe', apply, budget }: World = {}) {
  const clock = new FakeClock()
  const index = new ObjectIndex()
  const bodies = new Map<string, KubeObject>()
  let live: KubeObject | null = null
  const deps = {
    clock,
    log: silent,
    reader: {
      kind: () => Promise.resolve(CONFIG_MAPS),
      schema: (query: KindInfo) => Promise.resolve(schemaOfKind(query)),
      get: () => Promise.resolve(live),
      // Nothing is admitted otherwise than it is sent.
      dryRun: (desired: KubeObject, { metadata }: KubeObject) =>
        Promise.resolve({ state: 'answered', object: { ...desired, metadata }, way: 'put' }),
    },
    steps: { apply: apply ?? (() => Promise.reject(new Error('nothing is to be written'))) },
    store: { setPreExisting: () => Promise.resolve() },
    cache: { get: (key: string) => bodies.get(key), put: (key: string, body: KubeObject) => bodies.set(key, body) },
    options: { mode, enforceApps: ['*'], namespace: 'argocd', learn: 'never', digestKey: 'key' },
  } as unknown as Deps
  const kinds = new Kinds(deps, () => {})
  await kinds.load(CONFIG_MAPS)
  const app = newApp('argocd/web')
  app.definition = parseApplication({
    ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'web', namespace: 'argocd' } },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.example.com/org/infra.git', path: 'web' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' },
      syncPolicy: { automated: { selfHeal: true } },
    },
  }).value
  Object.assign(app, { definitionUsable: true, ready: true, renderedAt: 1, revision: 'new', syncedRevision: 'new' })
  const tracked = index.track(app, refOf(declared))
  const declare = (object: KubeObject, digest: string): void => {
    bodies.set(`desired/${digest}`, object)
    tracked.desired = {
      ...{ ref: refOf(object), digest, origin: { file: 'app.yaml', line: 1 }, wave: 0, options: OPTIONS },
      ...{ secret: false, bodyKey: `desired/${digest}` },
    }
  }
  declare(declared, 'digest')
  const nobody = (): void => {}
  const audit = new Audit({
    ...{ clock, kinds, index, digestKey: 'key', onNews: nobody, onLate: nobody, onGarbage: nobody },
  })
  const standing = () => ({ options: deps.options, leads: true, now: clock.now() })
  const objects = new ObjectRunner({
    ...{ deps, kinds, index, audit },
    evidence: new Evidence(() => {}),
    questions: new Questions(deps, new Admission({ look: () => Promise.resolve(false), onTrouble: () => {} })),
    look: () => Promise.resolve(false),
    bucket: new TokenBucket(clock, budget ?? { perSecond: 50, burst: 200 }),
    settings: () => parseSettings(null).value as Settings,
    contextOf: (one: Tracked) => contextOf(one, standing()),
    bodyOf: ({ desired }: Tracked) => bodies.get(desired?.bodyKey ?? ''),
    othersOf: () => [],
    isKnownApp: () => true,
    reporter: { evaluated: () => {}, acted: () => {}, fought: () => {} },
  })
  return {
    ...{ clock, tracked, objects, audit, declare },
    /** The watch tells of it. */
    async seen(object: KubeObject): Promise<void> {
      live = object
      objects.tell(tracked, { kind: 'object', object })
      await tracked.busy
    },
  }
}
