// Of what class is what a rule left alone, and whose? By the rule alone: no author is needed.
// requirements: [S000-47, S000-49, S002-37, S002-39, S002-40, S002-60, S002-262]
import { expect, it } from 'vitest'
import { classifyIgnored } from '../../../src/core/classify/index.ts'

const WEBHOOKS = ['MutatingWebhookConfiguration platform-injector']

it.each([
  [
    'a shipped rule about an autoscaler',
    'builtin/autoscaled-replicas',
    'HorizontalPodAutoscaler web',
    'controller-managed',
  ],
  ['an assignment of the server', 'builtin/allocated', null, 'runtime-metadata'],
  ['a default', 'builtin/default', null, 'defaulting'],
  ['a rule that names a controller', 'spec.ignoreDifferences[0]', 'team-scaling', 'controller-managed'],
  [
    'a rule that names a webhook by kind',
    'spec.ignoreDifferences[0]',
    'MutatingWebhookConfiguration other',
    'admission-mutation',
  ],
  [
    'a rule that names a policy by kind',
    'spec.ignoreDifferences[0]',
    'MutatingAdmissionPolicy labels',
    'admission-mutation',
  ],
  [
    'a rule that names a webhook that is called',
    'spec.ignoreDifferences[0]',
    'platform-injector',
    'admission-mutation',
  ],
  ['a rule whose owner only ends alike', 'spec.ignoreDifferences[0]', 'injector', 'controller-managed'],
  ['a rule that names nobody', 'spec.ignoreDifferences[0]', null, 'desired-configuration'],
] as const)('%s', (_, rule, owner, driftClass) => {
  const found = classifyIgnored({ rule, owner }, WEBHOOKS)
  expect(found.class).toBe(driftClass)
  if (owner !== null) expect(found.ownedBy).toMatchObject({ kind: 'controller', name: owner, source: rule })
})

it('an injector is told by its makers’ name and by the webhook that proves it', () => {
  const webhook = 'MutatingWebhookConfiguration linkerd-proxy-injector-webhook-config'
  expect(classifyIgnored({ rule: 'builtin/linkerd-injected', owner: webhook }, [])).toMatchObject({
    class: 'controller-managed',
    ownedBy: { name: `linkerd-proxy-injector (${webhook})` },
  })
})

it('what Istio writes onto what its webhook covers is the controller’s [S002-60]', () => {
  const webhook = 'MutatingWebhookConfiguration istio-sidecar-injector'
  const found = classifyIgnored({ rule: 'builtin/istio-injected', owner: webhook }, [webhook])
  expect(found).toMatchObject({ class: 'controller-managed', ownedBy: { name: expect.stringContaining(webhook) } })
})

it('what the server alone writes is runtime metadata of the API server [S002-39]', () => {
  expect(classifyIgnored({ rule: 'builtin/server-written', owner: 'kube-apiserver' }, WEBHOOKS)).toMatchObject({
    class: 'runtime-metadata',
    ownedBy: { kind: 'kubernetes', name: 'kube-apiserver' },
  })
})

it('what a producer of Secrets fills is told by the object that asks for it', () => {
  expect(classifyIgnored({ rule: 'builtin/external-secret', owner: 'ExternalSecret database' }, [])).toMatchObject({
    class: 'controller-managed',
    ownedBy: { kind: 'controller', name: expect.stringContaining('ExternalSecret database') },
  })
})

it('what Holdfast itself leaves for later is no doing of the server', () => {
  const { ownedBy } = classifyIgnored({ rule: 'builtin/tracking-mark', owner: null }, [])
  expect(ownedBy).toMatchObject({ kind: 'controller', name: 'holdfast' })
})
