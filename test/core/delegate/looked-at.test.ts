// What the loop looks at to explain differences, and when a server's answer is asked for anew.
import { describe, expect, it } from 'vitest'
import { type KubeObject, refKey, refOf } from '../../../src/core/kube/index.ts'
import { Admission } from '../../../src/loop/admission.ts'
import { Evidence, type Touched } from '../../../src/loop/evidence.ts'

const HPA = 'autoscaling/HorizontalPodAutoscaler'
const KEDA = 'keda.sh/ScaledObject'

function scaler(spec: object, status: object = {}): KubeObject {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
  const metadata = { name: 'web', namespace: 'prod' }
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata,
    spec: { scaleTargetRef, ...spec },
    status,
  }
}

const upsert = (object: KubeObject) => ({ type: 'upsert', key: refKey(refOf(object)), object, initial: false }) as const

describe('evidence', () => {
  it('is looked at once, in the first version that is served, and again after its kind appeared', async () => {
    const evidence = new Evidence(() => {})
    const asked: string[] = []
    const look = async ({ version, kind }: { version: string; kind: string }): Promise<boolean> => {
      asked.push(`${kind} ${version}`)
      return version === 'v1'
    }
    const [one, two] = [evidence.learn([HPA], look), evidence.learn([HPA, KEDA], look)]
    await Promise.all([one, two])
    expect(asked.sort()).toEqual(['HorizontalPodAutoscaler v1', 'HorizontalPodAutoscaler v2', 'ScaledObject v1alpha1'])
    expect(evidence.learn([HPA, KEDA, 'example.com/Unknown'], look)).toBe(null)
    expect(evidence.forget({ group: 'keda.sh', kind: 'ScaledObject' })).toBe(true)
    expect(evidence.learn([KEDA], look)).not.toBe(null)
  })

  it('touches its target when its scope changes, not when its status does', () => {
    const touched: Touched[] = []
    const evidence = new Evidence((one) => touched.push(one))
    for (const [max, desiredReplicas] of [
      [5, 1],
      [5, 2],
      [6, 2],
    ])
      evidence.note(upsert(scaler({ maxReplicas: max }, { desiredReplicas })), {
        group: 'autoscaling',
        kind: 'HorizontalPodAutoscaler',
      })
    const target = { what: 'object', key: 'apps/Deployment/prod/web' }
    expect(touched).toEqual([target, target, target])
    expect(evidence.neighboursOf({ namespace: 'prod' }).autoscalers).toMatchObject([{ max: 6, desiredReplicas: 2 }])
    expect(evidence.neighboursOf({ namespace: 'other' }).autoscalers).toEqual([])
  })
})

describe('the digest of admission', () => {
  const GROUP = 'admissionregistration.k8s.io'
  const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }
  const hooks = (caBundle: string, name = 'a'): KubeObject =>
    ({
      apiVersion: `${GROUP}/v1`,
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'hooks' },
      webhooks: [{ name, clientConfig: { url: 'https://example.com', caBundle }, rules: [rule] }],
    }) as KubeObject
  const policy = (expression: string): KubeObject => ({
    apiVersion: `${GROUP}/v1beta1`,
    kind: 'MutatingAdmissionPolicy',
    metadata: { name: 'mark' },
    spec: {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConstraints: { resourceRules: [rule] },
      mutations: [{ applyConfiguration: { expression } }],
    },
  })
  const binding = (paramRef: object): KubeObject => ({
    apiVersion: `${GROUP}/v1beta1`,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name: 'mark' },
    spec: { policyName: 'mark', paramRef },
  })
  const param = (value: string): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'marks', namespace: 'ops' },
      data: { value },
    }) as KubeObject

  it('changes with webhooks, policies, bindings and parameters of this resource, with nothing else', () => {
    const looked: string[] = []
    const admission = new Admission({
      look: async ({ kind }) => looked.push(kind) > 0,
      onTrouble: () => {},
    })
    const seen = new Set<string>()
    const digestAfter = (object: KubeObject): string => {
      admission.note(upsert(object), refOf(object))
      return admission.digestFor({ resource: 'configmaps' })
    }
    expect(admission.digestFor({ resource: 'configmaps' })).toBe('')
    seen.add(digestAfter(hooks('a')))
    expect(digestAfter(hooks('another'))).toBe([...seen][0])
    expect(admission.digestFor({ resource: 'secrets' })).toBe('')
    seen.add(digestAfter(hooks('a', 'b')))
    seen.add(digestAfter(policy('x')))
    seen.add(digestAfter(policy('y')))
    expect(looked).toEqual([])
    seen.add(digestAfter(binding({ name: 'marks', namespace: 'ops' })))
    expect(looked).toEqual(['ConfigMap'])
    seen.add(digestAfter(param('1')))
    seen.add(digestAfter(param('2')))
    expect(seen.size).toBe(7)
    const other = { ...param('3'), metadata: { name: 'other', namespace: 'ops' } }
    expect(seen.has(digestAfter(other))).toBe(true)
    expect(admission.digestFor({ resource: 'secrets' })).toBe('')
  })
})
