// Writes data/kubernetes/<minor>/defaults.json: what a running API server puts into new objects without being asked.
//   npx tsx tools/kubernetes-defaults.ts [MINOR]
// Asked with an object of every kind, once for each field that can be added to it or left out of it, by dry runs.
import { mkdir, writeFile } from 'node:fs/promises'
import { POD_SPEC } from '../src/core/compare/builtin-rules.ts'
import { compare, kindName } from '../src/core/compare/index.ts'
import { canonicalJson, isMap, type Json, type JsonMap, type KubeObject, refOf } from '../src/core/kube/index.ts'
import { systemClock } from '../src/adapters/system-clock/index.ts'
import { connect } from '../src/adapters/kube-http/index.ts'
import { createLog } from '../src/adapters/pino-log/index.ts'
import { applied } from '../test/cluster/mutation/applied.ts'
import { type Mutation, mutationsOf } from '../test/cluster/mutation/enumerate.ts'
import { everyKind, NAMESPACE, objectsOf, type Subject, subjectOf } from '../test/cluster/mutation/subject.ts'
import { Editor } from '../test/kit/editor.ts'
import { NEWEST, type Server, withServer } from './pinned-servers.ts'

type Found = Record<string, Json[]>

const quoted = (name: string): string => (name.includes('.') ? `"${name}"` : name)
const join = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`)

/** The highest nodes that only the answer has, with `*` for list items. */
function* onlyIn(answer: Json, sent: Json | undefined, at: string): Generator<readonly [string, Json]> {
  if (isMap(answer) && isMap(sent)) {
    for (const name of Object.keys(answer)) {
      const path = join(at, quoted(name))
      if (!Object.hasOwn(sent, name)) yield [path, answer[name] as Json]
      else yield* onlyIn(answer[name] as Json, sent[name] as Json, path)
    }
  } else if (Array.isArray(answer) && Array.isArray(sent) && answer.length === sent.length) {
    for (const [index, item] of (answer as readonly Json[]).entries())
      yield* onlyIn(item, sent[index] as Json, `${at}.*`)
  }
}

/** The pod specs of all kinds are one. */
function folded(kind: string, path: string): string {
  const place = POD_SPEC[kind]?.join('.')
  if (place === undefined || kind === 'Pod') return path
  return path.startsWith(`${place}.`) ? `@pod${path.slice(place.length)}` : path
}

const SERVER = /^(metadata\.(uid|resourceVersion|generation|creationTimestamp|managedFields)|status$)/

/** Different in each answer, so that no value can be noted: what is made of uids, names and requesters. */
const GENERATED: Readonly<Record<string, RegExp>> = {
  'batch/Job': /^(metadata\.labels|spec\.selector|spec\.template\.metadata)/,
  'certificates.k8s.io/CertificateSigningRequest': /^spec\./,
  Pod: /volumeMounts$|^spec\.volumes(\.\*)?$/,
  Secret: /^data/,
}

class Asking {
  readonly #editor: Editor
  readonly #subject: Subject
  readonly found: Found
  readonly #pods: Found
  /** What the shipped rules do not explain. */
  readonly unexplained = new Set<string>()
  asked = 0

  constructor(editor: Editor, subject: Subject, found: { own: Found; pods: Found }) {
    this.found = found.own
    this.#pods = found.pods
    this.#editor = editor
    this.#subject = subject
  }

  async ask(object: KubeObject): Promise<boolean> {
    const collection = this.#subject.path.slice(0, this.#subject.path.lastIndexOf('/'))
    const { status, body } = await this.#editor.send('POST', `${collection}?dryRun=All`, { body: object })
    if (status !== 201) return false
    this.asked++
    const kind = kindName(this.#subject.ref)
    for (const [path, value] of onlyIn(body as Json, object as unknown as Json, ''))
      if (!SERVER.test(path) && GENERATED[kind]?.test(path) !== true) this.#note(folded(kind, path), value)
    for (const { at, change } of this.#differences(object, body as KubeObject)) this.unexplained.add(`${change} ${at}`)
    return true
  }

  /** Pod specs are noted once, under the name of a PodTemplate. */
  #note(path: string, value: Json): void {
    const found = path.startsWith('@pod') ? this.#pods : this.found
    const values = found[path] ?? []
    if (!values.some((other) => canonicalJson(other) === canonicalJson(value))) found[path] = [...values, value]
  }

  #differences(desired: KubeObject, live: KubeObject): ReturnType<typeof compare>['fields'] {
    const { ref, schema, rules } = this.#subject
    const neighbours = { autoscalers: [] }
    const common = { ignore: [], neighbours, managersOf: () => [], normalForm: null }
    return compare({ ref, desired, live, schema, ...common } as unknown as Parameters<typeof compare>[0], rules).fields
  }

  async all(): Promise<void> {
    const { desired, shape } = this.#subject
    await this.ask(desired)
    for (const mutation of mutationsOf(desired as unknown as JsonMap, shape)) {
      if (mutation.op === 'reorder' || this.#elsewhere(mutation)) continue
      const values = mutation.op === 'remove' ? [undefined] : mutation.values
      for (const value of values)
        if (await this.ask(applied(desired as unknown as JsonMap, mutation, value) as unknown as KubeObject)) break
      // Declared or not may be the same; whether it is, is told by what stays unexplained.
      for (const zero of mutation.op === 'remove' ? [] : [false, 0, ''])
        await this.ask(applied(desired as unknown as JsonMap, mutation, zero) as unknown as KubeObject)
    }
  }

  /** Pod specs are asked about once, in a PodTemplate, and in Pods themselves. */
  #elsewhere({ field }: Mutation): boolean {
    const { kind } = this.#subject.ref
    const place = POD_SPEC[kindName(this.#subject.ref)]?.join('.')
    return place !== undefined && kind !== 'PodTemplate' && kind !== 'Pod' && field.startsWith(`${place}.`)
  }
}

async function write(server: Server, minor: string): Promise<void> {
  const editor = new Editor({ url: server.url, ca: server.ca, token: server.adminToken })
  const cluster = await connect({
    kubeconfig: server.kubeconfig,
    env: {},
    version: 'tools',
    clock: systemClock,
    log: createLog({ level: 'silent' }),
  })
  await editor.create(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: 'default' } })
  const pods: Found = {}
  const defaults: Record<string, Found> = { 'v1/PodTemplate': pods }
  for (const object of [...everyKind(), ...objectsOf('objects.yaml')]) {
    const { kind } = object
    const served = await cluster.reader.kind(refOf(object))
    if (served === undefined) continue
    const key = `${object.apiVersion}/${kind}`
    const own = defaults[key] ?? {}
    defaults[key] = own
    const asking = new Asking(editor, await subjectOf({ cluster, editor }, object), { own, pods })
    await asking.all()
    process.stdout.write(
      `${object.apiVersion}/${kind}: ${asking.asked} asked, ${Object.keys(asking.found).length} found\n`,
    )
    for (const text of asking.unexplained) process.stdout.write(`  not explained: ${text}\n`)
  }
  await cluster.close()
  await editor.close()
  const folder = new URL(`../data/kubernetes/${minor}/`, import.meta.url)
  await mkdir(folder, { recursive: true })
  await writeFile(
    new URL('defaults.json', folder),
    `${canonicalJson({ kubernetes: minor, defaults } as unknown as Json)}\n`,
  )
}

const minor = process.argv[2] ?? NEWEST
await withServer(minor, (server) => write(server, minor))
