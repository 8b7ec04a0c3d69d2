// A case file → rules and objects.
import type { RuledObject } from '../../../src/core/ignores/index.ts'
import { ownershipOf } from '../../../src/core/classify/index.ts'
import { parseApplication, parseIgnoreRules, parseSettings, RuleBook } from '../../../src/core/definition/index.ts'
import { type KubeObject, refOf } from '../../../src/core/kube/index.ts'
import { schemaOfKind } from '../compare/read-case.ts'

export interface Given {
  readonly title: string
  readonly requirements?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly ignoreDifferences?: readonly object[]
  readonly argocdCm?: object
  /** Data of a ConfigMap beside the Applications. */
  readonly platform?: object
  readonly objects?: readonly { readonly desired: object; readonly live?: object | null }[]
}

const configMap = (name: string, data: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'argocd', labels: { 'holdfast.dev/ignore-rules': 'true' } },
  data,
})

export function bookOf(given: Given): RuleBook {
  const { value, problems } = parseApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'argocd', annotations: given.annotations ?? {} },
    spec: {
      project: 'default',
      source: { repoURL: 'https://git.example.com/org/infra.git', path: 'web' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' },
      ignoreDifferences: given.ignoreDifferences ?? [],
    },
  })
  if (value === null) throw new Error(JSON.stringify(problems))
  const settings = parseSettings(configMap('argocd-cm', given.argocdCm ?? {})).value
  const platform = parseIgnoreRules(configMap('platform-ignores', given.platform ?? {}), { origin: 'platform' })
  return new RuleBook(
    [...value.ignoreDifferences, ...platform.rules, ...(settings?.ignoreDifferences ?? [])],
    [...value.switchedOff, ...platform.switchedOff],
  )
}

export function objectsOf({ objects = [] }: Given): RuledObject[] {
  return objects.map(({ desired, live }) => {
    const declared = desired as KubeObject
    const ref = refOf(declared)
    if (live === null) return { ref, compared: null }
    const there = (live ?? desired) as KubeObject
    const ownership = ownershipOf(there)
    const input = {
      ref,
      desired: declared,
      live: there,
      schema: schemaOfKind(ref),
      normalForm: null,
      neighbours: { autoscalers: [] },
      managersOf: (path: Parameters<typeof ownership.owners>[0]) =>
        ownership.owners(path).map(({ entry }) => entry.manager ?? ''),
    }
    return { ref, compared: { input, rules: undefined, ownership } }
  })
}
