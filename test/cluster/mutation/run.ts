// Mutates one object field by field on a real server and asks the comparison what it sees.
import { NO_BOOK } from '../../../src/core/definition/index.ts'
import { compare, type CompareInput, type Comparison } from '../../../src/core/compare/index.ts'
import { ownershipOf } from '../../../src/core/classify/index.ts'
import { evaluateObject } from '../../../src/core/evaluate/index.ts'
import type { JsonMap, KubeObject } from '../../../src/core/kube/index.ts'
import { applyObject } from '../../../src/loop/steps/apply.ts'
import { appOf, snapshotOf } from '../../core/evaluate/snapshot.ts'
import { type Mutation, mutationsOf } from './enumerate.ts'
import { LeftOut } from './left-out.ts'
import { concerns, differencesOf, overlaps, type Trail, trailText } from './oracle.ts'
import { bringIn, type Comparable, type Plane, type Subject, takeOut } from './subject.ts'

export type Writer = 'person' | 'controller' | 'wiped'
export const WRITERS: readonly Writer[] = ['person', 'controller', 'wiped']
const MANAGERS: Readonly<Record<Writer, string>> = {
  person: 'kubectl-edit',
  controller: 'kube-controller-manager',
  wiped: 'kubectl-edit',
}

const LEFT_OUT = new LeftOut('left-out.yaml')
/** Reported and never healed by itself. */
const BY_DESIGN = /metadata\.(finalizers|ownerReferences)/

export interface Row {
  readonly name: string
  mutations: number
  refused: number
  /** The server took it and nothing came of it: it put the same value back. */
  without: number
  accepted: number
  reported: number
  leftOut: number
  healed: number
  readonly missed: string[]
  readonly falseAlarms: string[]
  readonly unhealed: string[]
  readonly refusals: string[]
}

const emptyRow = (name: string): Row => ({
  name,
  ...{ mutations: 0, refused: 0, without: 0, accepted: 0, reported: 0, leftOut: 0, healed: 0 },
  ...{ missed: [], falseAlarms: [], unhealed: [], refusals: [] },
})

type Patch = { op: string; path: string; value?: unknown }[]

function patchOf(mutation: Mutation, value: unknown, writer: Writer): Patch {
  const { op, pointer } = mutation
  const wipe: Patch = writer === 'wiped' ? [{ op: 'add', path: '/metadata/managedFields', value: [{}] }] : []
  if (op === 'remove') return [{ op: 'remove', path: pointer }, ...wipe]
  return [{ op: op === 'add' ? 'add' : 'replace', path: pointer, value }, ...wipe]
}

export function seen(subject: Comparable, live: KubeObject, normalForm: KubeObject | null): Comparison {
  const ownership = ownershipOf(live)
  const input: CompareInput = {
    ref: subject.ref,
    desired: subject.desired,
    live,
    schema: subject.schema,
    normalForm,
    ignore: NO_BOOK,
    neighbours: snapshotOf({ desired: subject.desired }).neighbours,
    managersOf: (path) => ownership.owners(path).map(({ entry }) => entry.manager ?? ''),
    emptied: ownership.empty,
  }
  return compare(input, subject.rules)
}

interface Written {
  readonly after: KubeObject
  readonly trails: readonly Trail[]
  /** Those at the place that was mutated. */
  readonly meant: readonly Trail[]
}

export class Run {
  readonly row: Row
  readonly #plane: Plane
  readonly #subject: Subject
  #live: KubeObject
  /** Which value the server took last time, by field. */
  readonly #taken = new Map<string, number>()

  constructor(plane: Plane, subject: Subject, live: KubeObject) {
    this.#plane = plane
    this.#subject = subject
    this.#live = live
    this.row = emptyRow(subject.name)
  }

  static async begin(plane: Plane, subject: Subject): Promise<Run> {
    const run = new Run(plane, subject, await bringIn(plane, subject))
    run.#untouched()
    return run
  }

  #untouched(): void {
    for (const { at, change } of seen(this.#subject, this.#live, null).fields)
      this.row.falseAlarms.push(`untouched: ${change} ${at}`)
  }

  mutations(): Mutation[] {
    return [...mutationsOf(this.#live as unknown as JsonMap, this.#subject.shape)]
  }

  async try(mutation: Mutation, writer: Writer): Promise<void> {
    this.row.mutations++
    const after = await this.#write(mutation, writer)
    if (after === null) return
    const trails = differencesOf(this.#live as unknown as JsonMap, after as unknown as JsonMap)
    const meant = trails.filter((trail) => concerns(mutation.pointer, trail))
    const form = await this.#ask(after)
    if (meant.length === 0) this.row.without++
    else this.#look({ after, trails, meant }, form, `${writer} ${mutation.op} ${mutation.field}`)
    if (after.metadata.resourceVersion !== this.#live.metadata.resourceVersion)
      await this.#restore(after, form, `${writer} ${mutation.op} ${mutation.field}`)
  }

  /** Some statuses are written by the API server itself: a question that comes too late is asked again. */
  async #ask(after: KubeObject): Promise<KubeObject | null> {
    const { cluster, editor } = this.#plane
    const { desired, path } = this.#subject
    const answer = await cluster.reader.dryRun(desired, after)
    if (answer.state === 'answered') return answer.object
    const now = (await editor.get(path)).body as KubeObject
    if (now.metadata?.resourceVersion === after.metadata.resourceVersion) return null
    const again = await cluster.reader.dryRun(desired, now)
    return again.state === 'answered' ? again.object : null
  }

  async #write(mutation: Mutation, writer: Writer): Promise<KubeObject | null> {
    const { editor } = this.#plane
    const values: readonly unknown[] = mutation.op === 'remove' ? [undefined] : mutation.values
    const key = `${mutation.op} ${mutation.field}`
    const first = this.#taken.get(key)
    // What the server refused from one writer it refuses from all.
    if (first === undefined && writer !== 'person') {
      this.row.refused++
      return null
    }
    let last = ''
    for (const [index, value] of values.entries()) {
      if (writer !== 'person' && index !== first) continue
      const patch = patchOf(mutation, value, writer)
      const answer = await editor.patch('json', this.#subject.path, patch, MANAGERS[writer])
      if (answer.status === 200) {
        this.#taken.set(key, index)
        return answer.body as KubeObject
      }
      last = `${answer.status} ${answer.body?.message ?? ''}`
    }
    this.row.refused++
    this.row.refusals.push(`${mutation.op} ${mutation.field}: ${last.slice(0, 200)}`)
    return null
  }

  #look(written: Written, form: KubeObject | null, label: string): void {
    this.row.accepted++
    const byTables = this.#judge(seen(this.#subject, written.after, null), written, `tables: ${label}`)
    const byForm = form === null || this.#judge(seen(this.#subject, written.after, form), written, `form: ${label}`)
    if (byTables && byForm) this.row.reported++
  }

  #judge({ fields }: Comparison, { trails, meant }: Written, label: string): boolean {
    for (const { path, at } of fields)
      if (!trails.some((trail) => overlaps(path, trail))) this.row.falseAlarms.push(`${label}: ${at}`)
    const missed = meant.filter((trail) => !fields.some(({ path }) => overlaps(path, trail)))
    if (missed.length === 0) return true
    if (LEFT_OUT.has(this.#subject.ref, label)) {
      this.row.leftOut++
      return false
    }
    this.row.missed.push(`${label}: ${missed.map(trailText).join(', ')}`)
    return false
  }

  /** By Holdfast's own heal, where it can. */
  async #restore(after: KubeObject, form: KubeObject | null, label: string): Promise<void> {
    const healed = await this.#heal(after, form)
    if (healed === 'nothing to heal') return
    if (typeof healed !== 'string') {
      this.row.healed++
      this.#live = healed
      return
    }
    if (!BY_DESIGN.test(label)) this.row.unhealed.push(`${label}: ${healed}`)
    if (await this.#putBack(after)) return
    await takeOut(this.#plane, this.#subject)
    this.#live = await bringIn(this.#plane, this.#subject)
  }

  #same(other: KubeObject): boolean {
    return differencesOf(this.#live as unknown as JsonMap, other as unknown as JsonMap).length === 0
  }

  /** What is never healed is put back by hand: quicker than making the object anew. */
  async #putBack({ metadata }: KubeObject): Promise<boolean> {
    const { finalizers = null, ownerReferences = null, generateName = null } = this.#live.metadata
    const { editor } = this.#plane
    const now = (await editor.get(this.#subject.path)).body as KubeObject
    if (now.metadata?.uid !== metadata.uid) return false
    const { status, body } = await editor.patch('merge', this.#subject.path, {
      metadata: { finalizers, ownerReferences, generateName },
    })
    if (status !== 200 || differencesOf(this.#live as unknown as JsonMap, body as JsonMap).length > 0) return false
    this.#live = body as KubeObject
    return true
  }

  async #heal(after: KubeObject, normalForm: KubeObject | null, tries = 5): Promise<KubeObject | string> {
    const { desired, schema, rules } = this.#subject
    const given = { desired, live: after, history: { enforced: true } }
    const snapshot = { ...snapshotOf(given), schema, rules, normalForm }
    const { step, fields } = evaluateObject(appOf(given), snapshot)
    if (step === null && fields.length === 0 && this.#same(after)) {
      this.#live = after
      return 'nothing to heal'
    }
    if (step === null) return 'no step'
    const outcome = await applyObject(this.#plane.cluster.writer, step)
    if (outcome.state === 'stale' && tries > 0) {
      const { body } = await this.#plane.editor.get(this.#subject.path)
      return this.#heal(body as KubeObject, normalForm, tries - 1)
    }
    if (outcome.state !== 'done') return outcome.state === 'stale' ? 'stale' : outcome.problem.message.slice(0, 200)
    const rest = seen(this.#subject, outcome.object, normalForm).fields
    return rest.length === 0 ? outcome.object : `left ${rest.map(({ at }) => at).join(', ')}`
  }
}
