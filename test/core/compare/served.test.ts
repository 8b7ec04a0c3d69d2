// Objects as kube-apiserver and kube-controller-manager 1.35 stored them after one apply, and as a dry-run PUT answers.
import { NO_BOOK } from '../../../src/core/definition/index.ts'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compare } from '../../../src/core/compare/index.ts'
import { type KubeObject, refOf } from '../../../src/core/kube/index.ts'
import { DEDUCED, schemaFromCrd } from '../../../src/core/merge/index.ts'
import { SCHEMAS, schemaOfKind } from './read-case.ts'

interface Served {
  readonly desired: KubeObject
  readonly live: KubeObject
  readonly form: KubeObject | null
}

const served = readFileSync(new URL('../../cases/served/1.35.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Served)
const crds = served.filter(({ desired }) => desired.kind === 'CustomResourceDefinition').map(({ live }) => live)

function schemaFor(object: KubeObject) {
  const ref = refOf(object)
  const crd = crds.find(({ spec }) => (spec as { names: { kind: string } }).names.kind === ref.kind)
  return crd === undefined ? schemaOfKind(ref) : (schemaFromCrd(crd, ref.version, SCHEMAS) ?? DEDUCED)
}

function differences({ desired, live, form }: Served): string[] {
  const { fields } = compare({
    ref: refOf(desired),
    desired,
    live,
    schema: schemaFor(desired),
    normalForm: form,
    ignore: NO_BOOK,
    neighbours: { autoscalers: [] },
    managersOf: () => [],
  })
  return fields.map(({ at, change }) => `${change} ${at}`)
}

describe('what a real server makes of a first apply is no difference', () => {
  const named = served.map((each) => ({ ...each, name: `${each.desired.kind} ${each.desired.metadata.name}` }))
  it.each(named)('$name, by the shipped tables', (each) => {
    expect(differences({ ...each, form: null })).toEqual([])
  })
  it.each(named.filter(({ form }) => form !== null))('$name, by its normal form', (each) => {
    expect(differences(each)).toEqual([])
  })
})
