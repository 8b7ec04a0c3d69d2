// An object of a kind, as plain as can be, to try a rule on that matches nothing yet.
import { ownershipOf } from '../classify/index.ts'
import { POD_SPECS } from '../compare/index.ts'
import { globMatches, type IgnoreRule, RuleBook } from '../definition/index.ts'
import type { Json, JsonMap, KubeObject } from '../kube/index.ts'
import { DEDUCED } from '../merge/index.ts'
import { probe, type ProbeResult } from './seen.ts'
import type { RuledObject } from './types.ts'

const POD: JsonMap = {
  containers: [
    {
      name: 'sample',
      image: 'sample:1',
      command: ['run'],
      env: [{ name: 'A', value: '1' }],
      ports: [{ containerPort: 80, protocol: 'TCP' }],
      resources: { limits: { memory: '64Mi' } },
      securityContext: { privileged: false },
    },
  ],
  serviceAccountName: 'sample',
  volumes: [{ name: 'sample', emptyDir: {} }],
}

/** Kinds besides those with pods that can be told apart, and what is in them. */
const BODIES: Readonly<Record<string, JsonMap>> = {
  Service: { spec: { type: 'ClusterIP', selector: { app: 'sample' }, ports: [{ name: 'a', port: 80 }] } },
  ConfigMap: { data: { a: '1' } },
  Secret: { data: { a: 'MQ==' } },
  'rbac.authorization.k8s.io/Role': { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  'rbac.authorization.k8s.io/ClusterRole': { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  'rbac.authorization.k8s.io/RoleBinding': { subjects: [{ kind: 'User', name: 'sample' }] },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { subjects: [{ kind: 'User', name: 'sample' }] },
  'networking.k8s.io/NetworkPolicy': { spec: { ingress: [{ ports: [{ port: 80 }] }] } },
}

const FIRST = ['apps/Deployment', 'Service', 'ConfigMap']

function nested(path: readonly string[], value: JsonMap): JsonMap {
  return path.reduceRight<JsonMap>((inner, name) => ({ [name]: inner }), value)
}

function bodyOf(kind: string): JsonMap {
  if (Object.hasOwn(POD_SPECS, kind)) {
    const body = nested(POD_SPECS[kind] as readonly string[], POD)
    const spec: Json | undefined = body['spec']
    return { ...body, spec: { replicas: 1, ...(spec as JsonMap) } }
  }
  return Object.hasOwn(BODIES, kind) ? (BODIES[kind] as JsonMap) : { spec: { setting: 'a' } }
}

function splitKind(name: string): { group: string; kind: string } {
  const at = name.indexOf('/')
  return { group: name.slice(0, Math.max(0, at)), kind: name.slice(at + 1) }
}

/** The kinds that say most about the rule. */
function kindsOf({ group, kind }: IgnoreRule): readonly { group: string; kind: string }[] {
  const known = [...FIRST, ...Object.keys(POD_SPECS), ...Object.keys(BODIES)].map(splitKind)
  const fits = known.filter((each) => globMatches(group, each.group) && globMatches(kind, each.kind))
  return fits.length > 0 ? fits.slice(0, 3) : [{ group, kind }]
}

function sampleOf(of: { group: string; kind: string }): NonNullable<RuledObject['compared']> {
  const ref = { ...of, version: 'v1', namespace: 'sample', name: 'sample' }
  const metadata = { name: 'sample', namespace: 'sample', labels: { app: 'sample' }, annotations: { note: 'sample' } }
  const apiVersion = of.group === '' ? 'v1' : `${of.group}/v1`
  const name = of.group === '' ? of.kind : `${of.group}/${of.kind}`
  const object = { apiVersion, kind: of.kind, metadata, ...bodyOf(name) } as unknown as KubeObject
  const input = {
    ref,
    desired: object,
    live: object,
    schema: DEDUCED,
    normalForm: object,
    neighbours: { autoscalers: [] },
    managersOf: () => [],
  }
  return { input, rules: undefined, ownership: ownershipOf(object) }
}

/** What the rule keeps from being found on samples of the kinds that it speaks of. */
export function hiddenBySample(rule: IgnoreRule): readonly ProbeResult[] {
  return kindsOf(rule).flatMap((of) => {
    const sample = sampleOf(of)
    const before = probe(sample, new RuleBook([]))
    const after = probe(sample, new RuleBook([{ ...rule, ...of, name: '', namespace: '' }]))
    return after.filter((result, index) => !result.seen && before[index]?.seen === true)
  })
}
