import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { overrideSource, parseApplication, type SourceDefinition } from '../../../src/core/definition/index.ts'
import type { Json, KubeObject } from '../../../src/core/kube/index.ts'

interface Case {
  readonly title: string
  readonly source?: object
  readonly multi?: object[]
  readonly sources?: object[]
  readonly problems?: string[]
}

const cases = load(readFileSync(new URL('sources.yaml', import.meta.url), 'utf8')) as unknown as Case[]

function application(spec: object, rest: object = {}): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a', namespace: 'argocd' },
    spec: { project: 'p', destination: { server: 'https://kubernetes.default.svc', namespace: 'a' }, ...spec },
    ...rest,
  }
}

function sourceOf(source: object): SourceDefinition {
  const first = parseApplication(application({ source })).value?.sources[0]
  if (first === undefined) throw new Error('no source')
  return first
}

function expectProblems(found: readonly { code: string; message: string }[], wanted: readonly string[]): void {
  const texts = found.map(({ code, message }) => `${code} ${message}`)
  expect(texts.length, texts.join('\n')).toBe(wanted.length)
  for (const text of wanted) {
    const [code = '', ...words] = text.split(' ')
    expect(
      texts.some((one) => one.startsWith(code) && one.includes(words.join(' '))),
      `${text} in ${texts.join('\n')}`,
    ).toBe(true)
  }
}

describe('sources of an Application', () => {
  it.each(cases)('$title', ({ source, multi, sources, problems = [] }) => {
    const parsed = parseApplication(application(multi === undefined ? { source } : { sources: multi }))
    expectProblems(parsed.problems, problems)
    if (sources === undefined) return expect(parsed.value).toBeNull()
    expect(parsed.value).toMatchObject({ multiSource: multi !== undefined, sources })
    expect(parsed.value?.sources.map(({ written }) => written)).toEqual(multi ?? [source])
  })

  it('takes a hundred sources and no more', () => {
    const many = (length: number) => Array.from({ length }, () => ({ repoURL: 'https://git.example/a', path: 'a' }))
    expect(parseApplication(application({ sources: many(100) })).value?.sources).toHaveLength(100)
    expectProblems(parseApplication(application({ sources: many(101) })).problems, [
      'HF2001 spec.sources has 101 entries',
    ])
  })

  it('takes manifest-generate-paths without a word', () => {
    const source = { repoURL: 'https://git.example/a', path: 'a' }
    const annotations = { 'argocd.argoproj.io/manifest-generate-paths': '.;/shared' }
    const parsed = parseApplication(application({ source }, { metadata: { name: 'a', annotations } }))
    expect(parsed.problems).toEqual([])
    expect(parsed.value).not.toBeNull()
  })
})

describe('operation.sync of several sources', () => {
  const one = { repoURL: 'https://git.example/a', path: 'a' }
  const two = { repoURL: 'https://git.example/b', path: 'b' }
  it.each<[title: string, spec: object, sync: object, expected: object | null, problems: string[]]>([
    ['nothing named', { source: one }, {}, { revision: null, revisions: [] }, []],
    ['one source', { source: one }, { revision: 'abc' }, { revision: 'abc', revisions: ['abc'] }, []],
    ['one source, as a list', { source: one }, { revisions: ['abc'] }, { revision: 'abc', revisions: ['abc'] }, []],
    [
      'two sources',
      { sources: [one, two] },
      { revisions: ['', 'def'] },
      { revision: null, revisions: ['', 'def'] },
      [],
    ],
    ['fewer than sources', { sources: [one, two] }, { revisions: ['x'] }, { revision: 'x', revisions: ['x'] }, []],
    ['only empty ones', { sources: [one, two] }, { revisions: ['', ''] }, { revision: null, revisions: [] }, []],
    ['more than sources', { sources: [one] }, { revisions: ['a', 'b'] }, null, ['HF2001 has 2 entries for 1 sources']],
    ['one for several', { sources: [one, two] }, { revision: 'a' }, null, ['HF2001 give revisions']],
    ['an option', { sources: [one] }, { revisions: ['--x'] }, null, ['HF2001 must not begin with -']],
    ['the source repeated', { source: one }, { source: one }, { revisions: [] }, []],
    ['the sources repeated', { sources: [one, two] }, { sources: [one, two] }, { revisions: [] }, []],
    ['another source', { source: one }, { source: two }, null, ['HF2002 operation.sync.source other than']],
    [
      'other sources',
      { sources: [one, two] },
      { sources: [two, one] },
      null,
      ['HF2002 operation.sync.sources other than'],
    ],
  ])('%s', (_title, spec, sync, expected, problems) => {
    const { value } = parseApplication(application(spec, { operation: { sync } }))
    expectProblems(value?.refusedOperation?.problems ?? [], problems)
    if (expected === null) expect(value?.operation).toBeNull()
    else expect(value?.operation).toMatchObject(expected)
  })
})

describe('overrideSource', () => {
  const plain = { repoURL: 'https://git.example/a', path: 'a', targetRevision: 'main' }
  const chart = {
    ...plain,
    helm: { releaseName: 'web', valuesObject: { a: { b: 1, c: 2 } }, parameters: [{ name: 'x', value: '1' }] },
  }
  it.each<[title: string, source: object, override: Json, expected: object | null, problems: string[]]>([
    ['an empty file', plain, null, { type: 'detect' }, []],
    [
      'options where there were none',
      plain,
      { helm: { values: 'a: 1' } },
      { type: 'helm', helm: { values: 'a: 1' } },
      [],
    ],
    [
      'maps are merged, null removes, lists are replaced',
      chart,
      { helm: { valuesObject: { a: { b: null, d: 3 } }, parameters: [{ name: 'y', value: '2' }] } },
      {
        helm: {
          releaseName: 'web',
          valuesObject: { a: { c: 2, d: 3 } },
          parameters: [{ name: 'y', value: '2', forceString: false }],
        },
      },
      [],
    ],
    [
      'another tool',
      chart,
      { helm: null, kustomize: { namePrefix: 'x-' } },
      { type: 'kustomize', helm: { releaseName: '' } },
      [],
    ],
    [
      'where it comes from stays',
      plain,
      { repoURL: '--evil', path: '../..', targetRevision: 'x', chart: 'c', ref: 'r', name: 'n', tagPrefix: 't' },
      { ...plain, chart: '', ref: '', name: '', tagPrefix: '', written: plain },
      [],
    ],
    ['two tools', chart, { directory: { recurse: true } }, null, ['HF2001 only one can be used']],
    ['an unknown field', plain, { helm: { foo: 1 } }, null, ['HF2002 helm.foo is not a known field']],
    ['a wrong type', plain, { kustomize: { images: 'a' } }, null, ['HF2001 kustomize.images must be a list']],
    ['no map', plain, ['helm'], null, ['HF2001 must hold a map']],
  ])('%s', (_title, source, override, expected, problems) => {
    const parsed = overrideSource(sourceOf(source), override, { file: 'a/.argocd-source.yaml' })
    expectProblems(parsed.problems, problems)
    for (const found of parsed.problems) expect(found.subject.file).toBe('a/.argocd-source.yaml')
    if (expected === null) expect(parsed.value).toBeNull()
    else expect(parsed.value).toMatchObject(expected)
  })

  it('lays a second file over the first', () => {
    const first = overrideSource(sourceOf(plain), { helm: { releaseName: 'a', namespace: 'n' } }, {}).value
    const second = overrideSource(first ?? sourceOf(plain), { helm: { releaseName: 'b' } }, {}).value
    expect(second).toMatchObject({ type: 'helm', helm: { releaseName: 'b', namespace: 'n' } })
  })

  it('survives any JSON and changes nothing of what it is given', () => {
    const source = sourceOf(chart)
    const before = structuredClone(source)
    const json = fc.jsonValue({ maxDepth: 3 })
    const shaped = fc.record({ helm: json, kustomize: json, directory: json, plugin: json }, { requiredKeys: [] })
    fc.assert(
      fc.property(fc.oneof(json, shaped), (override) => {
        const { value, problems } = overrideSource(source, override as Json, {})
        expect(value !== null || problems.length > 0).toBe(true)
      }),
    )
    expect(source).toEqual(before)
    let deep: Json = 1
    for (let i = 0; i < 50_000; i++) deep = [deep]
    expect(overrideSource(source, { helm: deep }, {}).value).toBeNull()
  })
})
