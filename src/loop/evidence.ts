// Objects that explain other objects: who else may write, and what admission makes of what is sent. Small facts, no bodies.
import { ownerTexts } from '../core/classify/index.ts'
import {
  AUTOSCALERS,
  type Autoscaler,
  autoscalerFact,
  type EvidenceKind,
  evidenceKinds,
  type InjectorFact,
  INJECTORS,
  injectorFacts,
  namespaceAnnotations,
  type NamespaceFact,
  type NamingFact,
  namingFact,
  type Neighbours,
  VERTICAL,
  type VerticalAutoscaler,
  verticalFact,
} from '../core/compare/index.ts'
import { canonicalJson, type Json, type KubeObject, type ObjectRef, refKey } from '../core/kube/index.ts'
import type { WatchEvent } from '../ports/cluster-reader.ts'

type KindQuery = { readonly group: string; readonly version: string; readonly kind: string }

/** Of whom there is news: the objects of one key, or everything that injectors may touch (in one namespace, or anywhere). */
export type Touched =
  | { readonly what: 'object'; readonly key: string }
  | { readonly what: 'pods'; readonly namespace: string | null }

/** Starts what makes the objects of one kind known through `note`; false = the server does not serve it. */
export type Look = (kind: KindQuery) => Promise<boolean>

const KINDS = evidenceKinds()
const NAMESPACE = 'Namespace'
const HORIZONTAL = { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' }

const split = (kind: string): { group: string; kind: string } => {
  const slash = kind.lastIndexOf('/')
  return { group: kind.slice(0, Math.max(slash, 0)), kind: kind.slice(slash + 1) }
}

/** What may be told of one object: nothing, until it changes in what counts. */
interface Fact {
  readonly digest: string
  readonly naming?: NamingFact
  readonly autoscaler?: Autoscaler
  readonly vertical?: VerticalAutoscaler
  readonly injectors?: readonly InjectorFact[]
}

function autoscaling(object: KubeObject): Fact | null {
  const autoscaler = autoscalerFact(object)
  if (autoscaler === null) return null
  // What it wants at the moment changes often and decides nothing.
  return { digest: canonicalJson({ ...autoscaler, desiredReplicas: null } as unknown as Json), autoscaler }
}

function factOf(key: string, kind: EvidenceKind, object: KubeObject): Fact | null {
  if (AUTOSCALERS.some((one) => one === key)) return autoscaling(object)
  if (key === VERTICAL) {
    const vertical = verticalFact(object)
    return vertical === null ? null : { digest: canonicalJson(vertical as unknown as Json), vertical }
  }
  if (key === INJECTORS) {
    const injectors = injectorFacts(object)
    return { digest: canonicalJson(injectors as unknown as Json), injectors }
  }
  const naming = namingFact(kind, object)
  return { digest: canonicalJson(naming as unknown as Json), naming }
}

export class Evidence {
  /** By kind, by namespace, by name. */
  readonly #facts = new Map<string, Map<string, Map<string, Fact>>>()
  readonly #namespaces = new Map<string, NamespaceFact>()
  readonly #known = new Set<string>()
  readonly #looking = new Map<string, Promise<void>>()
  readonly #onTouched: (touched: Touched) => void
  #injectors: readonly InjectorFact[] = []
  /** By namespace, until something there changes. */
  readonly #told = new Map<string, Neighbours>()

  constructor(onTouched: (touched: Touched) => void) {
    this.#onTouched = onTouched
  }

  /** Kinds (`group/Kind`) whose objects are known, or known not to be served. */
  get known(): ReadonlySet<string> {
    return this.#known
  }

  /** Looks at kinds not looked at so far; null when there is nothing left to wait for. Never rejects. */
  learn(wanted: readonly string[], look: Look): Promise<void> | null {
    const missing = wanted.filter((key) => KINDS.has(key) && !this.#known.has(key))
    if (missing.length === 0) return null
    return Promise.all(missing.map((key) => this.#learning(key, look))).then(() => undefined)
  }

  #learning(key: string, look: Look): Promise<void> {
    const running = this.#looking.get(key)
    if (running !== undefined) return running
    const started = this.#look(KINDS.get(key) as EvidenceKind, look)
      .then(() => {
        this.#known.add(key)
      })
      .finally(() => this.#looking.delete(key))
    this.#looking.set(key, started)
    return started
  }

  async #look({ group, versions, kind }: EvidenceKind, look: Look): Promise<void> {
    for (const version of versions) if (await look({ group, version, kind })) return
  }

  /** A kind appeared or changed: it is looked for again when it is wanted again. */
  forget({ group, kind }: { readonly group: string; readonly kind: string }): boolean {
    const key = `${group}/${kind}`
    return !this.#facts.has(key) && this.#known.delete(key)
  }

  /** To be told of every event; takes what is evidence. */
  note(event: WatchEvent, kind: { readonly group: string; readonly kind: string }): void {
    if (event.type !== 'upsert' && event.type !== 'delete') return
    if (kind.kind === NAMESPACE && kind.group === '') return this.#namespace(event)
    const key = `${kind.group}/${kind.kind}`
    const of = KINDS.get(key)
    if (of !== undefined) this.#note(key, of, event)
  }

  #note(key: string, of: EvidenceKind, event: Extract<WatchEvent, { type: 'upsert' | 'delete' }>): void {
    const [, , namespace = '', name = ''] = event.key.split('/')
    const here = this.#at(key, namespace)
    const before = here.get(name)
    const after = event.type === 'upsert' ? factOf(key, of, event.object) : null
    if (after === null) here.delete(name)
    else here.set(name, after)
    this.#told.delete(namespace)
    if (before?.digest === after?.digest) return
    if (key === INJECTORS) this.#injectorsChanged()
    else for (const fact of [before, after]) if (fact !== undefined && fact !== null) this.#tell(namespace, of, fact)
  }

  #at(key: string, namespace: string): Map<string, Fact> {
    const kinds = this.#facts.get(key) ?? new Map<string, Map<string, Fact>>()
    this.#facts.set(key, kinds)
    const here = kinds.get(namespace) ?? new Map<string, Fact>()
    kinds.set(namespace, here)
    return here
  }

  #injectorsChanged(): void {
    const all = this.#facts.get(INJECTORS)?.get('') ?? new Map<string, Fact>()
    this.#injectors = [...all.values()].flatMap(({ injectors }) => injectors ?? [])
    this.#told.clear()
    this.#onTouched({ what: 'pods', namespace: null })
  }

  #tell(namespace: string, { about }: EvidenceKind, { autoscaler, vertical, naming }: Fact): void {
    const touch = (ref: { group: string; kind: string; name: string }): void =>
      this.#onTouched({ what: 'object', key: refKey({ ...ref, namespace }) })
    for (const one of [autoscaler, vertical])
      if (one !== undefined) touch({ group: one.targetGroup, kind: one.targetKind, name: one.targetName })
    if (naming === undefined) return
    const names = [...new Set([naming.name, ...Object.values(naming.names).flat()])]
    for (const kind of about) for (const name of names) touch({ ...split(kind), name })
  }

  #namespace(event: Extract<WatchEvent, { type: 'upsert' | 'delete' }>): void {
    const name = event.key.slice(event.key.lastIndexOf('/') + 1)
    const before = this.#namespaces.get(name)
    this.#told.delete(name)
    if (event.type === 'delete') {
      this.#namespaces.delete(name)
      return
    }
    const { labels = {}, annotations = {} } = event.object.metadata
    const after: NamespaceFact = { labels, annotations: { ...askedOf(annotations), ...ownerTexts(annotations) } }
    this.#namespaces.set(name, after)
    if (before === undefined || canonicalJson(before as unknown as Json) === canonicalJson(after as unknown as Json))
      return
    this.#onTouched({ what: 'pods', namespace: name })
  }

  /** HorizontalPodAutoscalers that are known to target the object. */
  scalersOf({ group, kind, namespace, name }: ObjectRef): readonly ObjectRef[] {
    const all = this.neighboursOf({ namespace }).autoscalers
    const own = all.filter((one) => one.targetGroup === group && one.targetKind === kind && one.targetName === name)
    const horizontal = own.filter((one) => one.kind === undefined)
    return horizontal.map((one) => ({ ...HORIZONTAL, namespace, name: one.name }))
  }

  neighboursOf({ namespace }: Pick<ObjectRef, 'namespace'>): Neighbours {
    const told = this.#told.get(namespace) ?? this.#neighbours(namespace)
    this.#told.set(namespace, told)
    return told
  }

  #neighbours(namespace: string): Neighbours {
    const facts = (keys: Iterable<string>): Fact[] =>
      [...keys].flatMap((key) => [...(this.#facts.get(key)?.get(namespace)?.values() ?? [])])
    const own = this.#namespaces.get(namespace)
    return {
      autoscalers: facts(AUTOSCALERS).flatMap(({ autoscaler }) => autoscaler ?? []),
      vertical: facts([VERTICAL]).flatMap(({ vertical }) => vertical ?? []),
      naming: facts(this.#facts.keys()).flatMap(({ naming }) => naming ?? []),
      injectors: this.#injectors,
      ...(own === undefined ? {} : { namespace: own }),
      known: this.#known,
    }
  }
}

/** The others may be long and change often. */
const ASKING = namespaceAnnotations()

function askedOf(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ASKING.filter((name) => Object.hasOwn(annotations, name)).map((name) => [name, annotations[name] ?? '']),
  )
}
