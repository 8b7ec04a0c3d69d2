import { describe, expect, test } from 'vitest'
import { helmPlace, kustomizePlace } from '../../../src/adapters/source/render/tool-place.ts'

const OTHERS = new Map([
  ['envs/prod.yaml', { file: 'envs/prod.yaml' }],
  ['$values/prod.yaml', { file: 'prod.yaml', repository: 'https://git.example/values.git', revision: 'abc' }],
])

describe('helm', () => {
  const below = new Set(['templates/x.yaml', 'templates/_h.tpl', 'charts/sub/templates/y.yaml', 'values.yaml'])
  const place = (words: string, chart = 'charts/web'): unknown =>
    helmPlace(words, { chart, below, placeOf: (path) => OTHERS.get(path) ?? null })
  test.each([
    ['Error: execution error at (shop/templates/x.yaml:5:8): give b', { file: 'charts/web/templates/x.yaml', line: 5 }],
    [
      'Error: shop/templates/x.yaml:5:15\n  executing "shop/templates/x.yaml" at <include "h" .>:\n    error calling include:\nshop/templates/_h.tpl:2:3\n  executing "h" at <.Values.b.c>:\n    nil pointer',
      { file: 'charts/web/templates/_h.tpl', line: 2 },
    ],
    [
      'Error: parse error at (shop/charts/sub/templates/y.yaml:3): unexpected EOF',
      { file: 'charts/web/charts/sub/templates/y.yaml', line: 3 },
    ],
    [
      'Error: YAML parse error on shop/templates/x.yaml: error converting YAML to JSON: yaml: line 60: did not',
      { file: 'charts/web/templates/x.yaml' },
    ],
    [
      'Error: cannot load values.yaml: error converting YAML to JSON: yaml: line 4: could not',
      { file: 'charts/web/values.yaml', line: 4 },
    ],
    ['Error: failed to parse envs/prod.yaml: yaml: line 2: did not', { file: 'envs/prod.yaml', line: 2 }],
    [
      'Error: failed to parse $values/prod.yaml: cannot unmarshal: error converting: yaml: line 2: mapping values',
      { file: 'prod.yaml', line: 2, repository: 'https://git.example/values.git', revision: 'abc' },
    ],
    ['Error: failed to parse spec.source.helm.values: yaml: line 2: did not', null],
    ['Error: execution error at (shop/templates/gone.yaml:5:8): give b', null],
    ['Error: chart requires kubeVersion: >=1.40', null],
  ])('%s', (words, expected) => expect(place(words)).toEqual(expected))
  test('a chart at the top of its archive', () => {
    expect(place('Error: execution error at (shop/templates/x.yaml:5:8): no', '')).toEqual({
      file: 'templates/x.yaml',
      line: 5,
    })
  })
  test('long words are read in one go', () => {
    expect(place('a/templates/'.repeat(20_000))).toBeNull()
  }, 5_000)
})

describe('kustomize', () => {
  const files = ['k/kustomization.yaml', 'k/c.yaml', 'base/kustomization.yaml', 'base/d.yaml', 'k/d.yaml']
  const place = (words: string): unknown => kustomizePlace(words, { top: 'k/kustomization.yaml', files })
  test.each([
    ['MalformedYAMLError: yaml: line 7: mapping values are not allowed in File: c.yaml', { file: 'k/c.yaml', line: 7 }],
    ['MalformedYAMLError: yaml: line 7: mapping values in File: d.yaml', { file: 'k/kustomization.yaml' }],
    ["accumulation err='…': evalsymlink failure on 'k/n.yaml' : lstat k/n.yaml: no such file", { file: 'k/n.yaml' }],
    ['Error: invalid Kustomization: json: unknown field "foo"', { file: 'k/kustomization.yaml' }],
  ])('%s', (words, expected) => expect(place(words)).toEqual(expected))
})
