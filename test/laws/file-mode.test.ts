// In files, too, whatever is changed, added or removed in an object is reported, and nothing else: with ownership in the
// dump and without. What a server would take plays no part: every value that the schema allows is tried.
//
// By itself a sample; `npm run mutation:files` (HOLDFAST_FILE_MUTATIONS=all) takes every mutation, `=<n>` every n-th.
// requirements: [S000-42, S002-20, S002-21, S002-26]
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { indexRules, kindName, type RuleIndex } from '../../src/core/compare/index.ts'
import { cleanObject, foldStringData } from '../../src/core/desired/clean.ts'
import { evaluateObject } from '../../src/core/evaluate/index.ts'
import { type Json, type JsonMap, type KubeObject, refOf } from '../../src/core/kube/index.ts'
import { applyObject, DEDUCED, type ObjectSchema, schemaFromCrd, updateObject } from '../../src/core/merge/index.ts'
import { applied as mutated } from '../cluster/mutation/applied.ts'
import { type Mutation, mutationsOf } from '../cluster/mutation/enumerate.ts'
import { LeftOut } from '../cluster/mutation/left-out.ts'
import { concerns, differencesOf, overlaps, type Trail, trailText } from '../cluster/mutation/oracle.ts'
import type { Struct } from '../cluster/mutation/shape.ts'
import { everyKind, objectsOf } from '../cluster/mutation/subject.ts'
import { SCHEMAS, schemaOfKind } from '../core/compare/read-case.ts'
import { appOf, snapshotOf } from '../core/evaluate/snapshot.ts'
import { shapeOfType } from './typed-shape.ts'

const ASKED = process.env['HOLDFAST_FILE_MUTATIONS'] ?? ''
const SEED = Number(process.env['HOLDFAST_SEED'] ?? '1') || 0
/** Of each object, so that a kind with a pod template does not take all the time. */
const SAMPLE = 24
const LEFT_OUT = new LeftOut('left-out.yaml')
const LEFT_OUT_IN_FILES = new LeftOut('left-out-in-files.yaml')

interface Pair {
  readonly desired: KubeObject
  readonly live: KubeObject
}

/** As servers stored them; where none was asked, as Git declares them. */
function pairs(): Pair[] {
  const served = readFileSync(new URL('../cases/served/1.35.jsonl', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  const stored = served.map((line) => JSON.parse(line) as Pair)
  const kinds = new Set(stored.map(({ desired }) => `${desired.apiVersion} ${desired.kind}`))
  const asDeclared = [...everyKind(), ...objectsOf('objects.yaml'), ...objectsOf('crds.yaml')]
    .filter(({ apiVersion, kind }) => !kinds.has(`${apiVersion} ${kind}`))
    .map((object) => {
      const folded = object.kind === 'Secret' ? foldStringData(object) : object
      const desired = cleanObject(folded as KubeObject, refOf(object).group)
      return { desired, live: desired }
    })
  return [...stored, ...asDeclared]
}

const APP = appOf({ desired: null })
const PAIRS = pairs()
const nameOf = ({ desired: { apiVersion, kind, metadata } }: Pair): string => `${apiVersion} ${kind} ${metadata.name}`
const CRDS = PAIRS.filter(({ desired }) => desired.kind === 'CustomResourceDefinition').map(({ live }) => live)

function schemaFor(object: KubeObject): ObjectSchema {
  const ref = refOf(object)
  const crd = CRDS.find(
    ({ spec }) =>
      (spec as { names: { kind: string }; group: string }).names.kind === ref.kind &&
      (spec as { group: string }).group === ref.group,
  )
  return crd === undefined ? schemaOfKind(ref) : (schemaFromCrd(crd, ref.version, SCHEMAS) ?? DEDUCED)
}

const WRITERS = { person: 'kubectl-edit', controller: 'kube-controller-manager', wiped: '' } as const
type Writer = keyof typeof WRITERS

const common = ({ apiVersion }: KubeObject, schema: ObjectSchema) => ({
  empty: {},
  version: apiVersion,
  versions: { type: () => schema.root, convert: (value: Json) => value },
})

/** managedFields after a first apply. */
function ownedBy(desired: KubeObject, schema: ObjectSchema): Json {
  const applied = desired as unknown as JsonMap
  const how = { live: null, manager: 'holdfast', time: '2026-01-01T00:00:00Z', force: true }
  const first = applyObject({ ...common(desired, schema), ...how, applied })
  if (!('state' in first) || first.state !== 'applied') throw new Error(`${desired.kind} cannot be applied`)
  return (first.object['metadata'] as JsonMap)['managedFields'] as Json
}

interface Found {
  readonly missed: string[]
  readonly falseAlarms: string[]
  tried: number
}

class Subject {
  readonly #pair: Pair
  readonly #schema: ObjectSchema
  readonly #rules: RuleIndex
  readonly #owned: Json
  readonly found: Found = { missed: [], falseAlarms: [], tried: 0 }

  constructor(pair: Pair) {
    this.#pair = pair
    this.#schema = schemaFor(pair.desired)
    this.#rules = indexRules(kindName(refOf(pair.desired)))
    this.#owned = ownedBy(pair.desired, this.#schema)
  }

  mutations(): Mutation[] {
    const shape = shapeOfType(this.#schema.root)
    if (shape.kind !== 'struct') return []
    return [...mutationsOf(this.#pair.live as unknown as JsonMap, shape as Struct)].filter((one) => this.#counts(one))
  }

  /** What Git does not declare is not missed when it is gone. */
  #counts({ op, pointer }: Mutation): boolean {
    if (op !== 'remove') return true
    const names = pointer.split('/').slice(1)
    let value: unknown = this.#pair.desired
    for (const name of names) {
      const key = name.replaceAll('~1', '/').replaceAll('~0', '~')
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
      value = (value as Record<string, unknown>)[key]
    }
    return true
  }

  #isLeftOut(label: string): boolean {
    const ref = refOf(this.#pair.desired)
    return LEFT_OUT.has(ref, label) || LEFT_OUT_IN_FILES.has(ref, label)
  }

  fieldsOf(live: KubeObject): ReturnType<typeof evaluateObject>['fields'] {
    const { desired } = this.#pair
    const given = { desired, live }
    const snapshot = { ...snapshotOf(given), schema: this.#schema, rules: this.#rules }
    return evaluateObject(APP, snapshot).fields
  }

  /** With the ownership that a server would have written, or with none. */
  #dump(after: JsonMap, writer: Writer): KubeObject {
    if (writer === 'wiped') return after as unknown as KubeObject
    const owned = (object: JsonMap): JsonMap => ({
      ...object,
      metadata: { ...(object['metadata'] as JsonMap), managedFields: this.#owned },
    })
    const { desired, live } = this.#pair
    const how = { manager: WRITERS[writer], time: '2026-01-02T00:00:00Z' }
    const write = {
      ...common(desired, this.#schema),
      ...how,
      live: owned(live as unknown as JsonMap),
      next: owned(after),
    }
    return updateObject(write) as unknown as KubeObject
  }

  try(mutation: Mutation, writer: Writer): void {
    const [value] = mutation.op === 'remove' ? [undefined] : mutation.values
    const before = this.#pair.live as unknown as JsonMap
    const after = mutated(before, mutation, value)
    const trails = differencesOf(before, after)
    const meant = trails.filter((trail) => concerns(mutation.pointer, trail))
    if (meant.length === 0) return
    this.found.tried += 1
    const fields = this.fieldsOf(this.#dump(after, writer))
    this.#judge(fields, { trails, meant }, `tables: ${writer} ${mutation.op} ${mutation.field}`)
  }

  #judge(
    fields: ReturnType<typeof evaluateObject>['fields'],
    { trails, meant }: { trails: readonly Trail[]; meant: readonly Trail[] },
    label: string,
  ): void {
    const others = fields.filter(({ field }) => !trails.some((trail) => overlaps(field.path, trail)))
    const missed = meant.filter((trail) => !fields.some(({ field }) => overlaps(field.path, trail)))
    if (others.length + missed.length === 0 || this.#isLeftOut(label)) return
    for (const { field } of others) this.found.falseAlarms.push(`${label}: ${field.at}`)
    if (missed.length > 0) this.found.missed.push(`${label}: ${missed.map(trailText).join(', ')}`)
  }
}

const every = (count: number): number => {
  if (ASKED === '') return Math.max(1, Math.ceil(count / SAMPLE))
  return ASKED === 'all' ? 1 : Number(ASKED)
}

describe('whatever differs in a dump is reported, and nothing else', () => {
  const named = PAIRS.map((pair) => [nameOf(pair), pair] as const)
  let tried = 0

  it.each(named)('%s', { timeout: 600_000 }, (_, pair) => {
    const subject = new Subject(pair)
    expect(subject.fieldsOf(pair.live).map(({ field }) => `${field.change} ${field.at}`)).toEqual([])
    const mutations = subject.mutations()
    const step = every(mutations.length)
    const chosen = mutations.filter((_mutation, index) => (index + SEED) % step === 0)
    for (const mutation of chosen) for (const writer of Object.keys(WRITERS)) subject.try(mutation, writer as Writer)
    const { missed, falseAlarms } = subject.found
    tried += subject.found.tried
    expect({ missed, falseAlarms }).toEqual({ missed: [], falseAlarms: [] })
  })

  it('and what is left out by name is there', () => {
    expect(tried).toBeGreaterThan(PAIRS.length * 10)
    if (ASKED !== 'all') return
    console.info(`${tried} mutations of ${PAIRS.length} objects`)
    expect(LEFT_OUT_IN_FILES.idle).toEqual([])
  })
})
