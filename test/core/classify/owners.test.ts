import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { codeownersOf, fieldOwnerOf, ownerOf, parseCodeowners } from '../../../src/core/classify/index.ts'
import { parseOwnership } from '../../../src/core/definition/index.ts'
import type { Json, KubeObject } from '../../../src/core/kube/index.ts'

type Texts = { labels?: Record<string, string>; annotations?: Record<string, string> }
interface ObjectCase {
  title: string
  object?: Texts
  application?: Texts
  appProject?: Texts
  namespace?: Texts
  codeowners?: string
  map?: object
  expect: object | null
}
interface Cases {
  objects: ObjectCase[]
  fields: {
    map: object[]
    rows: { title?: string; pointer: string; live?: Json; kind: string; name?: string; source: string }[]
  }
  config: { title: string; data: Record<string, string>; counts: number[]; problems: string[] }[]
}
const file = new URL('../../cases/classify/owners.yaml', import.meta.url)
const { objects, fields, config } = load(readFileSync(file, 'utf8')) as Cases

const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'prod', name: 'web' }
const configMap = (data: Record<string, string>): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'holdfast-ownership', namespace: 'argocd' },
    data,
  }) as KubeObject
const mapOf = (map: Record<string, object>) =>
  parseOwnership(configMap(Object.fromEntries(Object.entries(map).map(([key, value]) => [key, JSON.stringify(value)]))))
    .value.map
const marked = (what: string, texts: Texts | undefined) => (texts === undefined ? null : { what, ...texts })

describe('whom to ask', () => {
  it.each(objects)('$title', (given) => {
    const object = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'prod', ...given.object },
    }
    const rules = given.codeowners === undefined ? null : parseCodeowners(given.codeowners)
    const found = ownerOf(ref, object as KubeObject, {
      map: mapOf((given.map ?? {}) as Record<string, object>),
      app: 'argocd/shop',
      project: 'payments',
      application: marked('Application argocd/shop', given.application),
      appProject: marked('AppProject payments', given.appProject),
      namespace: marked('Namespace prod', given.namespace),
      codeowners: rules === null ? null : codeownersOf(rules, 'apps/web/deploy.yaml'),
      codeownersFile: '.github/CODEOWNERS',
    })
    expect(found).toEqual(given.expect)
  })
})

describe('whose a field is', () => {
  const map = mapOf({ fields: fields.map })
  it.each(fields.rows)('$pointer $title → $kind', ({ pointer, live, kind, name, source }) => {
    expect(fieldOwnerOf(ref, { pointer, live }, map)).toMatchObject({ kind, source, ...(name ? { name } : {}) })
  })
})

describe('ConfigMap holdfast-ownership', () => {
  it.each(config)('$title', ({ data, counts, problems }) => {
    const { value, problems: said } = parseOwnership(configMap(data))
    const machines = value.writers.machines.managers.length
    expect([value.map.fields.length, value.map.owners.length, machines]).toEqual(counts)
    expect(said.map(({ code }) => code)).toEqual(problems)
  })
  it('is not needed', () => expect(parseOwnership(null).problems).toEqual([]))
})
