// Objects that explain other objects: autoscalers, and the admission webhooks that shape what the server stores.
import { createHash } from 'node:crypto'
import type { Autoscaler, Neighbours } from '../core/compare/index.ts'
import {
  canonicalJson,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  type ObjectRef,
  groupOf,
} from '../core/kube/index.ts'
import type { WatchEvent } from '../ports/cluster-reader.ts'
import type { Deps } from './deps.ts'
import type { Kinds } from './kinds.ts'

const HPA = { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' }
const WEBHOOKS = { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingWebhookConfiguration' }

const NOBODY: Neighbours = { autoscalers: [] }

function autoscalerOf(object: KubeObject): Autoscaler | null {
  const spec = object.spec
  const status = object.status
  if (!isMap(spec) || !isMap(spec.scaleTargetRef)) return null
  const target = spec.scaleTargetRef
  const desired = isMap(status) ? status.desiredReplicas : undefined
  return {
    name: object.metadata.name ?? '',
    targetGroup: groupOf(String(target.apiVersion ?? '')),
    targetKind: String(target.kind ?? ''),
    targetName: String(target.name ?? ''),
    min: typeof spec.minReplicas === 'number' ? spec.minReplicas : 1,
    max: typeof spec.maxReplicas === 'number' ? spec.maxReplicas : 0,
    desiredReplicas: typeof desired === 'number' ? desired : null,
  }
}

/** The rules of a configuration: what decides whether and how it touches an object. `caBundle` does not count. */
function webhookDigest(object: KubeObject): string {
  const hooks = Array.isArray(object.webhooks) ? (object.webhooks as readonly Json[]) : []
  const rules = hooks.map((hook) => {
    if (!isMap(hook)) return hook
    const config = isMap(hook.clientConfig) ? { ...hook.clientConfig, caBundle: undefined } : {}
    return { ...hook, clientConfig: config as JsonMap }
  })
  return createHash('sha256')
    .update(canonicalJson(rules as Json))
    .digest('hex')
    .slice(0, 16)
}

function sameScope(a: Autoscaler, b: Autoscaler): boolean {
  const scope = ({ targetGroup, targetKind, targetName, min, max }: Autoscaler): string =>
    JSON.stringify([targetGroup, targetKind, targetName, min, max])
  return scope(a) === scope(b)
}

export class Evidence {
  readonly #byNamespace = new Map<string, Map<string, Autoscaler>>()
  readonly #webhooks = new Map<string, string>()
  readonly #onAutoscaler: (namespace: string, scaler: Autoscaler) => void
  #admission = ''

  constructor(onAutoscaler: (namespace: string, scaler: Autoscaler) => void) {
    this.#onAutoscaler = onAutoscaler
  }

  /** Resolves when both kinds are listed; a kind that may not be read is left out and said so. */
  async start(deps: Pick<Deps, 'log'>, kinds: Kinds): Promise<void> {
    const begin = async (query: typeof HPA): Promise<void> => {
      const runtime = await kinds.load(query)
      if (runtime === undefined)
        deps.log.warn({ kind: query.kind }, 'the server does not serve this kind: no evidence from it')
      else await kinds.watch(runtime)
    }
    await Promise.all([begin(HPA), begin(WEBHOOKS)])
  }

  /** To be told of every event; takes what is evidence. */
  note(event: WatchEvent, kind: { readonly group: string; readonly kind: string }): void {
    if (kind.kind === HPA.kind && kind.group === HPA.group) this.#autoscaler(event)
    else if (kind.kind === WEBHOOKS.kind && kind.group === WEBHOOKS.group) this.#webhook(event)
  }

  #autoscaler(event: WatchEvent): void {
    if (event.type !== 'upsert' && event.type !== 'delete') return
    const [, , namespace = '', name = ''] = event.key.split('/')
    const known = this.#byNamespace.get(namespace) ?? new Map<string, Autoscaler>()
    this.#byNamespace.set(namespace, known)
    const before = known.get(name)
    const after = event.type === 'upsert' ? autoscalerOf(event.object) : null
    if (after === null) known.delete(name)
    else known.set(name, after)
    this.#tell(namespace, before, after)
  }

  #tell(namespace: string, before: Autoscaler | undefined, after: Autoscaler | null): void {
    // Its status changes often and decides nothing.
    if (before !== undefined && after !== null && sameScope(before, after)) return
    if (before !== undefined) this.#onAutoscaler(namespace, before)
    if (after !== null) this.#onAutoscaler(namespace, after)
  }

  #webhook(event: WatchEvent): void {
    if (event.type === 'upsert') this.#webhooks.set(event.key, webhookDigest(event.object))
    else if (event.type === 'delete') this.#webhooks.delete(event.key)
    else return
    this.#admission = [...this.#webhooks].sort().join(';')
  }

  neighboursOf(ref: ObjectRef): Neighbours {
    const here = this.#byNamespace.get(ref.namespace)
    if (here === undefined || here.size === 0) return NOBODY
    const autoscalers = [...here.values()].filter(
      (scaler) => scaler.targetKind === ref.kind && scaler.targetName === ref.name,
    )
    return { autoscalers }
  }

  /** Changes exactly when some mutating webhook's rules do. */
  get admissionDigest(): string {
    return this.#admission
  }
}
