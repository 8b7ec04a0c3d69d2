// Rules are looked up, not asked one by one; the answer is the same.
// requirements: [S000-39, S002-170, S002-173]
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IgnoreRule, RuleBook, ruleMatches } from '../../../src/core/definition/index.ts'

const rule = (id: number, scope: Partial<IgnoreRule>): IgnoreRule => ({
  ...{ id: `rules[${id}]`, origin: 'platform', group: 'apps', kind: 'Deployment', name: '', namespace: '' },
  ...{ jsonPointers: [['spec', 'replicas']], jqPaths: [], managers: [], problem: null },
  ...{ owner: '', reason: '', review: '' },
  ...scope,
})

const glob = (...more: string[]): fc.Arbitrary<string> =>
  fc.constantFrom('', '*', 'a', 'ab', 'a*', '*b', 'a?', '[ab]b', '{a,ab}', 'a\\b', '[', ...more)
const scopes = fc.array(fc.record({ group: glob('apps'), kind: glob('A'), name: glob(), namespace: glob() }), {
  maxLength: 30,
})
const text = fc.constantFrom('', 'a', 'b', 'ab', 'abb', 'apps', 'A')

describe('RuleBook', () => {
  it('finds the rules that speak of an object, in their order', () => {
    fc.assert(
      fc.property(
        scopes,
        fc.array(fc.record({ group: text, kind: text, name: text, namespace: text }), { maxLength: 5 }),
        (some, refs) => {
          const rules = some.map((scope, id) => rule(id, scope))
          const book = new RuleBook(rules)
          for (const ref of refs) expect(book.of(ref)).toEqual(rules.filter((each) => ruleMatches(each, ref)))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['globs of names', (id: number) => ({ name: `web-${id}-*` })],
    ['globs of names of any kind', (id: number) => ({ group: '*', kind: '*', name: `web-${id}-*` })],
    ['globs of kinds', (id: number) => ({ kind: `Deployment${id}*` })],
    ['namespaces', (id: number) => ({ namespace: `team-${id}` })],
  ])('10,000 rules by %s are not asked about each of 10,000 objects', (_, scope) => {
    const book = new RuleBook(Array.from({ length: 10_000 }, (__, id) => rule(id, scope(id))))
    book.of({ group: 'apps', kind: 'Deployment', name: 'web', namespace: 'team' })
    const before = process.cpuUsage()
    for (let id = 0; id < 10_000; id++)
      book.of({ group: 'apps', kind: 'Deployment', name: `web-${id}-x`, namespace: `team-${id}` })
    const { user, system } = process.cpuUsage(before)
    // Asked one by one it is minutes.
    expect((user + system) / 1e6).toBeLessThan(3)
  })
})
