// Who else may write what: by the objects that prove it, as the loop learns them from watch events.
import { NO_BOOK } from '../../../src/core/definition/index.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { compare, type Comparison } from '../../../src/core/compare/index.ts'
import { type Json, type KubeObject, refKey, refOf } from '../../../src/core/kube/index.ts'
import { merged } from './merged.ts'
import { Evidence } from '../../../src/loop/evidence.ts'
import { schemaOfKind } from '../compare/read-case.ts'
import { DELEGATIONS } from '../../../src/core/compare/delegations.ts'

interface Row {
  readonly name: string
  readonly requirements?: readonly string[]
  /** Laid over the file's own: null removes, lists are replaced. */
  readonly desired?: Json
  /** Laid over what Git declares. */
  readonly live: Json
  /** Who owns whatever differs. */
  readonly by?: readonly string[]
  /** The server's own form: what Git declares (`desired`), or laid over that. */
  readonly form?: Json
  readonly emptied?: boolean
  /** What else is there, instead of the file's own. */
  readonly objects?: readonly KubeObject[]
  /** `change path` */
  readonly fields: readonly string[]
  /** `path rule owner` */
  readonly ignored?: readonly string[]
}
interface File {
  readonly title: string
  readonly requirements: readonly string[]
  readonly desired: KubeObject
  readonly objects?: readonly KubeObject[]
  readonly rows: readonly Row[]
}

const FOLDER = new URL('../../cases/delegate/', import.meta.url)
const files = readdirSync(FOLDER).map((file) => load(readFileSync(new URL(file, FOLDER), 'utf8')) as File)

function evidenceOf(objects: readonly KubeObject[]): Evidence {
  const evidence = new Evidence(() => {})
  for (const object of objects) {
    const ref = refOf(object)
    evidence.note({ type: 'upsert', key: refKey(ref), object, initial: true }, ref)
  }
  return evidence
}

function compared({ desired: base, objects = [] }: File, row: Row): Comparison {
  const desired = merged(base, row.desired)
  const ref = refOf(desired)
  const { known: _, ...neighbours } = evidenceOf(row.objects ?? objects).neighboursOf(ref)
  return compare({
    ref,
    desired,
    live: merged(desired, row.live),
    schema: schemaOfKind(ref),
    normalForm: row.form === undefined ? null : merged(desired, row.form === 'desired' ? {} : row.form),
    ignore: NO_BOOK,
    neighbours,
    managersOf: () => row.by ?? [],
    emptied: row.emptied ?? false,
  })
}

describe.each(files)('$title', (file) => {
  it.each(file.rows.map((row) => ({ row, name: row.name })))('$name', ({ row }) => {
    const { fields, ignored } = compared(file, row)
    expect(fields.map(({ at, change }) => `${change} ${at}`)).toEqual(row.fields)
    if (row.ignored !== undefined)
      expect(ignored.map(({ at, rule, owner }) => `${at} ${rule} ${owner}`)).toEqual(row.ignored)
    const delegated = ignored.filter(({ rule }) => DELEGATIONS.some(({ id }) => id === rule))
    expect(delegated.filter(({ confidence }) => confidence !== 'likely')).toEqual([])
  })
})

describe('evidence that was not looked at', () => {
  const [file] = files.filter(({ title }) => title.startsWith('An autoscaler'))
  const { desired } = file as File
  const question = (known: readonly string[], live: Json): readonly string[] =>
    compare({
      ref: refOf(desired),
      desired,
      live: merged(desired, live),
      schema: schemaOfKind(refOf(desired)),
      normalForm: null,
      ignore: NO_BOOK,
      neighbours: { autoscalers: [], known: new Set(known) },
      managersOf: () => [],
    }).wanted

  it('is wanted where it could explain a difference, and nowhere else', () => {
    expect(question([], { spec: { replicas: 5 } })).toEqual([
      'autoscaling/HorizontalPodAutoscaler',
      'keda.sh/ScaledObject',
    ])
    expect(question(['autoscaling/HorizontalPodAutoscaler'], { spec: { replicas: 5 } })).toEqual([
      'keda.sh/ScaledObject',
    ])
    expect(question([], { spec: { paused: true } })).toEqual([])
    expect(question([], {})).toEqual([])
  })
})
