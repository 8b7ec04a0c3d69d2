// A cluster that consists of files: answers what a real one would, without any network.
import {
  deepEqual,
  formatRef,
  gvkKey,
  isMap,
  type Json,
  type JsonMap,
  type KubeObject,
  type ObjectRef,
  refKey,
  refOf,
} from '../../core/kube/index.ts'
import { DEDUCED, type ObjectSchema, schemaFromCrd, schemaFromData } from '../../core/merge/index.ts'
import { HoldfastError, type Problem, problem } from '../../core/problem/index.ts'
import type { Capabilities, ClusterReader, DryRunAnswer, KindInfo } from '../../ports/cluster-reader.ts'
import { declaredKinds, type DeclaredKind } from './crds.ts'
import { type KubernetesData, kubernetesData } from './kubernetes-data.ts'

type Gvk = Pick<KindInfo, 'group' | 'version' | 'kind'>

export interface FileClusterOptions {
  /** What is live. */
  readonly live: readonly KubeObject[]
  /** Problems of reading it: what is not there may then be in what could not be read. */
  readonly problems: readonly Problem[]
  /** What Git declares; its CRDs and the scope of its objects count, nothing else. */
  readonly declared: readonly KubeObject[]
  /** Where live objects of namespaced kinds are that say nothing. */
  readonly namespace: string
  /** Minor whose schemas are wanted, e.g. `1.33`; the newest that is shipped by default. */
  readonly kubernetes?: string
}

export type FileReader = Pick<
  ClusterReader,
  'serverMinor' | 'capabilities' | 'kind' | 'schema' | 'get' | 'list' | 'dryRun'
>

export interface FileCluster {
  readonly reader: FileReader
  /** Where the schemas that were asked for came from. */
  schemas(): readonly string[]
  /** Kinds without any schema, each a problem. */
  problems(): readonly Problem[]
}

/** Said once, of whatever it hides. */
const UNREAD = problem(
  'HF5001',
  'what is not among the live files that could be read may be in the others',
  {},
  'Mend the files named.',
)

class Files implements FileReader {
  readonly #data: KubernetesData
  readonly #options: FileClusterOptions
  readonly #kinds: ReadonlyMap<string, DeclaredKind>
  readonly #objects = new Map<string, KubeObject[]>()
  /** `group/Kind` of which some object names a namespace. */
  readonly #inNamespaces = new Set<string>()
  readonly #used = new Set<string>()
  readonly #untyped = new Map<string, Problem>()

  constructor(options: FileClusterOptions) {
    this.#data = kubernetesData(options.kubernetes)
    this.#options = options
    this.#kinds = declaredKinds([...options.live, ...options.declared])
    for (const object of [...options.live, ...options.declared]) {
      const { group, kind, namespace } = refOf(object)
      if (namespace !== '') this.#inNamespaces.add(`${group}/${kind}`)
    }
    for (const object of options.live) {
      const placed = this.#placed(object)
      const key = refKey(refOf(placed))
      const same = this.#objects.get(key)
      if (same === undefined) this.#objects.set(key, [placed])
      else same.push(placed)
    }
  }

  /** With the namespace that a server would have given it, and without one where the kind has none. */
  #placed(object: KubeObject): KubeObject {
    const ref = refOf(object)
    const namespaced = this.#info(ref).namespaced
    const namespace = namespaced ? ref.namespace || this.#options.namespace : ''
    if (namespace === ref.namespace) return object
    const { namespace: _, ...metadata } = object.metadata
    return { ...object, metadata: namespace === '' ? metadata : { ...metadata, namespace } }
  }

  #info(gvk: Gvk): KindInfo {
    const key = gvkKey(gvk)
    const shipped = Object.hasOwn(this.#data.resources, key) ? this.#data.resources[key] : undefined
    const { group, version, kind } = gvk
    if (shipped !== undefined) return { group, version, kind, ...shipped, verbs: [], subresources: [] }
    return this.#kinds.get(key)?.info ?? this.#guess(gvk)
  }

  /** Which of the shipped schemas these are, and whose they stand for. */
  get #name(): string {
    const { kubernetes } = this.#data
    const asked = this.#options.kubernetes
    return `kubernetes ${kubernetes}${asked === undefined || asked === kubernetes ? '' : ` (nearest to ${asked})`}`
  }

  /** Nothing declares the kind: what its objects say of themselves has to do. */
  #guess(gvk: Gvk): KindInfo {
    const { group, version, kind } = gvk
    const namespaced = this.#inNamespaces.has(`${group}/${kind}`)
    return { group, version, kind, resource: '', namespaced, verbs: [], subresources: [] }
  }

  async serverMinor(): Promise<string> {
    return this.#data.kubernetes
  }

  /** Of the schemas that are shipped: nobody can say more without a cluster. */
  async capabilities(): Promise<Capabilities> {
    const kinds = Object.keys(this.#data.kinds).map((key) => key.replace(/^\//, ''))
    const apiVersions = new Set(kinds.flatMap((kind) => [kind.slice(0, kind.lastIndexOf('/')), kind]))
    return { version: `${this.#data.kubernetes}.0`, apiVersions: [...apiVersions].sort() }
  }

  async kind(query: Gvk): Promise<KindInfo | undefined> {
    return this.#info(query)
  }

  async schema(query: Gvk): Promise<ObjectSchema> {
    const shipped = schemaFromData(this.#data, query)
    if (shipped !== null) return this.#said(this.#name, shipped)
    const declared = this.#kinds.get(gvkKey(query))
    const own = declared === undefined ? null : schemaFromCrd(declared.crd, query.version, this.#data)
    if (own !== null) return this.#said(`CustomResourceDefinition ${declared?.crd.metadata.name ?? ''}`, own)
    const message = `there is no schema for ${query.kind} of ${[query.group, query.version].filter(Boolean).join('/')}; its lists are compared whole`
    this.#untyped.set(
      gvkKey(query),
      problem('HF5002', message, {}, 'Put its CustomResourceDefinition among the files.'),
    )
    return DEDUCED
  }

  #said(source: string, schema: ObjectSchema): ObjectSchema {
    this.#used.add(source)
    return schema
  }

  async get(ref: ObjectRef): Promise<KubeObject | null> {
    const found = this.#objects.get(refKey(ref)) ?? []
    const [first, ...others] = found.filter((object) => refOf(object).version === ref.version)
    const fail = (message: string, action: string): HoldfastError =>
      new HoldfastError(problem('HF5001', message, { object: formatRef(ref) }, action))
    if (first === undefined && found[0] !== undefined)
      throw fail(
        `${formatRef(ref)} is live in version ${refOf(found[0]).version} and declared in ${ref.version}`,
        'Read it from the cluster in the declared version.',
      )
    if (others.some((other) => !deepEqual(first as unknown as Json, other as unknown as Json)))
      throw fail(`${formatRef(ref)} stands several times among the live files`, 'Keep one of them.')
    if (first === undefined && this.#options.problems.length > 0) throw new HoldfastError(UNREAD)
    return first ?? null
  }

  async list(query: Parameters<FileReader['list']>[0]): Promise<{ items: KubeObject[]; resourceVersion: string }> {
    const items = [...this.#objects.values()].flat().filter((object) => {
      const ref = refOf(object)
      const here = query.namespace === undefined || ref.namespace === query.namespace
      return (
        ref.group === query.group &&
        ref.kind === query.kind &&
        ref.version === query.version &&
        here &&
        query.keep?.(object) !== false
      )
    })
    return { items, resourceVersion: '' }
  }

  async dryRun(): Promise<DryRunAnswer> {
    return { state: 'refused', message: 'files cannot be asked' }
  }

  schemas(): readonly string[] {
    return [...this.#used].sort()
  }

  problems(): readonly Problem[] {
    return [...this.#untyped.values()]
  }
}

/** managedFields that are no list of entries are left out: they name nobody, and say nothing about the object. */
function withSaneBookkeeping(object: KubeObject): { object: KubeObject; problem: Problem | null } {
  const managed: unknown = object.metadata.managedFields
  if (managed === undefined || managed === null) return { object, problem: null }
  if (Array.isArray(managed) && managed.every(isSaneEntry)) return { object, problem: null }
  const { managedFields: _, ...metadata } = object.metadata
  const at = formatRef(refOf(object))
  return {
    object: { ...object, metadata },
    problem: problem('HF5003', `managedFields of ${at} cannot be read; nobody can be named`, { object: at }),
  }
}

function isSaneEntry(entry: unknown): boolean {
  if (!isMap(entry)) return false
  const texts = ['manager', 'operation', 'apiVersion', 'time', 'subresource', 'fieldsType']
  const { fieldsV1 } = entry as JsonMap
  return (
    texts.every((name) => entry[name] === undefined || typeof entry[name] === 'string') &&
    (fieldsV1 === undefined || isMap(fieldsV1))
  )
}

/** Throws HF7004 when the shipped schemas are missing. */
export function fileCluster(options: FileClusterOptions): FileCluster {
  const sane = options.live.map(withSaneBookkeeping)
  const files = new Files({ ...options, live: sane.map(({ object }) => object) })
  const broken = sane.flatMap(({ problem: found }) => (found === null ? [] : [found]))
  return { reader: files, schemas: () => files.schemas(), problems: () => [...broken, ...files.problems()] }
}
