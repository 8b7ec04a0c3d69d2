// What may change objects on their way into the cluster: mutating webhooks and policies. A normal form is good while they stay.
import { createHash } from 'node:crypto'
import {
  canonicalJson,
  groupOf,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  versionOf,
} from '../core/kube/index.ts'
import type { KindInfo, WatchEvent } from '../ports/cluster-reader.ts'

type KindQuery = Pick<KindInfo, 'group' | 'version' | 'kind'>
type Change = Extract<WatchEvent, { type: 'upsert' | 'delete' }>

const GROUP = 'admissionregistration.k8s.io'
const WEBHOOKS = 'MutatingWebhookConfiguration'
const POLICY = 'MutatingAdmissionPolicy'
const BINDING = 'MutatingAdmissionPolicyBinding'

/** In the order in which versions are tried; a server may serve none of a kind. */
const WATCHED: readonly { readonly kind: string; readonly versions: readonly string[] }[] = [
  { kind: WEBHOOKS, versions: ['v1'] },
  { kind: POLICY, versions: ['v1', 'v1beta1', 'v1alpha1'] },
  { kind: BINDING, versions: ['v1', 'v1beta1', 'v1alpha1'] },
]

interface Mutator {
  readonly digest: string
  readonly resources: readonly string[]
}

interface Policy extends Mutator {
  readonly params: KindQuery | null
}

interface Binding {
  readonly digest: string
  readonly policy: string
  /** Names of its parameters; `*` = all, by a selector. */
  readonly param: string | null
}

const digest = (value: unknown): string =>
  createHash('sha256')
    .update(canonicalJson(value as Json))
    .digest('hex')
    .slice(0, 16)

const mapOf = (value: unknown): JsonMap => (isMap(value) ? value : {})
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : [])
const resourcesOf = (rules: unknown): string[] =>
  listOf(rules).flatMap((rule) => listOf(mapOf(rule).resources).filter((one) => typeof one === 'string'))

/** `caBundle` changes whenever a certificate is renewed, and decides nothing. */
function webhooksOf(object: KubeObject): Mutator {
  const hooks = listOf(object.webhooks).map((hook) => {
    const all = mapOf(hook)
    return { ...all, clientConfig: { ...mapOf(all.clientConfig), caBundle: null } }
  })
  return { digest: digest(hooks), resources: listOf(object.webhooks).flatMap((hook) => resourcesOf(mapOf(hook).rules)) }
}

function policyOf({ spec }: KubeObject): Policy {
  const { paramKind, matchConstraints } = mapOf(spec)
  const { apiVersion, kind } = mapOf(paramKind)
  const named = typeof apiVersion === 'string' && typeof kind === 'string'
  return {
    digest: digest(spec ?? null),
    resources: resourcesOf(mapOf(matchConstraints).resourceRules),
    params: named ? { group: groupOf(apiVersion), version: versionOf(apiVersion), kind } : null,
  }
}

function bindingOf({ spec }: KubeObject): Binding {
  const { policyName, paramRef } = mapOf(spec)
  const { name } = mapOf(paramRef)
  const param = typeof name === 'string' && name !== '' ? name : '*'
  return {
    digest: digest(spec ?? null),
    policy: typeof policyName === 'string' ? policyName : '',
    param: isMap(paramRef) ? param : null,
  }
}

const nameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1)
const kindOf = ({ group, kind }: { readonly group: string; readonly kind: string }): string => `${group}/${kind}`

function contentOf(object: KubeObject): string {
  const { metadata: _, status: __, ...content } = object
  return digest(content)
}

export interface AdmissionTools {
  /** Starts the watch of a kind; false = it is not served. */
  readonly look: (kind: KindQuery) => Promise<boolean>
  readonly onTrouble: (error: unknown) => void
}

export class Admission {
  readonly #tools: AdmissionTools
  readonly #webhooks = new Map<string, Mutator>()
  readonly #policies = new Map<string, Policy>()
  readonly #bindings = new Map<string, Binding>()
  /** Digests of parameters, by kind and by key. */
  readonly #params = new Map<string, Map<string, string>>()
  readonly #digests = new Map<string, string>()

  constructor(tools: AdmissionTools) {
    this.#tools = tools
  }

  /** Resolves when every kind that the server serves is listed. */
  async start(): Promise<void> {
    await Promise.all(
      WATCHED.map(async ({ kind, versions }) => {
        for (const version of versions) if (await this.#tools.look({ group: GROUP, version, kind })) return
      }),
    )
  }

  /** To be told of every event; takes what concerns it. */
  note(event: WatchEvent, kind: { readonly group: string; readonly kind: string }): void {
    if (event.type !== 'upsert' && event.type !== 'delete') return
    if (kind.group === GROUP) this.#own(event, kind.kind)
    const params = this.#params.get(kindOf(kind))
    if (params !== undefined) this.#param(event, params)
  }

  #own(event: Change, kind: string): void {
    if (kind === WEBHOOKS) this.#set(this.#webhooks, event, webhooksOf)
    else if (kind === POLICY) this.#set(this.#policies, event, policyOf)
    else if (kind === BINDING) this.#set(this.#bindings, event, bindingOf)
    else return
    this.#watchParams()
  }

  #set<T extends { readonly digest: string }>(
    known: Map<string, T>,
    event: Change,
    read: (object: KubeObject) => T,
  ): void {
    const name = nameOf(event.key)
    const before = known.get(name)
    if (event.type === 'delete') known.delete(name)
    else known.set(name, read(event.object))
    if (before?.digest !== known.get(name)?.digest) this.#digests.clear()
  }

  /** Parameters count only where a binding names some. */
  #watchParams(): void {
    for (const { policy, param } of this.#bindings.values()) {
      const params = this.#policies.get(policy)?.params ?? null
      if (param === null || params === null || this.#params.has(kindOf(params))) continue
      this.#params.set(kindOf(params), new Map())
      this.#tools.look(params).catch(this.#tools.onTrouble)
    }
  }

  #isNamed(name: string): boolean {
    return [...this.#bindings.values()].some(({ param }) => param === '*' || param === name)
  }

  #param(event: Change, known: Map<string, string>): void {
    const before = known.get(event.key)
    if (event.type === 'delete' || !this.#isNamed(nameOf(event.key))) known.delete(event.key)
    else known.set(event.key, contentOf(event.object))
    if (before !== known.get(event.key)) this.#digests.clear()
  }

  /** Changes exactly when something does that may change objects of this resource on their way in; '' = nothing may. */
  digestFor({ resource }: Pick<KindInfo, 'resource'>): string {
    const known = this.#digests.get(resource) ?? this.#digestFor(resource)
    this.#digests.set(resource, known)
    return known
  }

  #digestFor(resource: string): string {
    // Groups do not count: a rule matches equivalent resources of other groups, too.
    const concerns = ({ resources }: Mutator): boolean =>
      resources.some((one) => one === resource || one === '*' || one === '*/*')
    const hooks = [...this.#webhooks].filter(([, hook]) => concerns(hook))
    const policies = new Map([...this.#policies].filter(([, policy]) => concerns(policy)))
    const bindings = [...this.#bindings].filter(([, { policy }]) => policies.has(policy))
    const found = [hooks, [...policies], bindings].flatMap((all) => all.map(([name, one]) => `${name}=${one.digest}`))
    const kinds = [...policies.values()].flatMap(({ params }) => (params === null ? [] : [kindOf(params)]))
    const params = [...new Set(kinds)].flatMap((kind) =>
      [...(this.#params.get(kind) ?? [])].map((pair) => pair.join('=')),
    )
    return found.length === 0 ? '' : digest([...found.sort(), ...params.sort()])
  }
}
