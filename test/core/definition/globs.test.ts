import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globMatches, type IgnoreRule, parseGoDuration, ruleMatches } from '../../../src/core/definition/index.ts'

const table: [pattern: string, text: string, separators: string, matches: boolean][] = [
  ['*', 'anything/at/all', '', true],
  ['*', '', '', true],
  ['*', 'a/b', '/', false],
  ['**', 'a/b', '/', true],
  ['https://github.com/org/*', 'https://github.com/org/repo', '/', true],
  ['https://github.com/org/*', 'https://github.com/org/repo/deep', '/', false],
  ['https://github.com/org/**', 'https://github.com/org/repo/deep', '/', true],
  ['team-*', 'team-a', '', true],
  ['team-*', 'team', '', false],
  ['*-prod', 'web-prod', '', true],
  ['a?c', 'abc', '', true],
  ['a?c', 'a/c', '/', false],
  ['[ab]x', 'bx', '', true],
  ['[!ab]x', 'bx', '', false],
  ['[a-c]x', 'cx', '', true],
  ['[]]', ']', '', true],
  ['{a,b*}.yaml', 'bcd.yaml', '', true],
  ['{a,b*}.yaml', 'c.yaml', '', false],
  ['{a,{b,c}}d', 'cd', '', true],
  ['{,x}y', 'y', '', true],
  ['a,b', 'a,b', '', true],
  ['\\*', '*', '', true],
  ['\\*', 'x', '', false],
  ['Deployment', 'deployment', '', false],
  ['', '', '', true],
  ['', 'apps', '', false],
  ['[a', '[a', '', false],
  ['{a', '{a', '', false],
  ['a}', 'a}', '', false],
  ['ä?', 'äö', '', true],
]

describe('globMatches', () => {
  it.each(table)('%s on %s with separators %j: %s', (pattern, text, separators, matches) => {
    expect(globMatches(pattern, text, { separators })).toBe(matches)
  })
  it('takes no longer for patterns made to be slow', () => {
    const started = process.hrtime.bigint()
    expect(globMatches(`${'*a'.repeat(200)}b`, 'a'.repeat(2000))).toBe(false)
    expect(globMatches(`${'{a,a}'.repeat(100)}b`, 'a'.repeat(100))).toBe(false)
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(2000)
  })
  it('never throws, and matches a text with its metacharacters escaped', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (pattern, text) => {
        globMatches(pattern, text)
        expect(globMatches(text.replace(/[*?[\]{}\\,!]/g, '\\$&'), text)).toBe(true)
      }),
    )
  })
})

describe('ruleMatches', () => {
  const rule: IgnoreRule = {
    id: 'r',
    origin: 'application',
    owner: '',
    reason: '',
    review: '',
    group: 'apps',
    kind: 'Deployment',
    name: '',
    namespace: '',
    jsonPointers: [],
    jqPaths: [],
    managers: [],
    problem: null,
  }
  const web = { group: 'apps', kind: 'Deployment', namespace: 'prod', name: 'web' }
  it.each<[Partial<IgnoreRule>, Partial<typeof web>, boolean]>([
    [{}, {}, true],
    [{}, { kind: 'StatefulSet' }, false],
    [{ group: '*', kind: '*' }, { group: '' }, true],
    [{ group: '' }, {}, false],
    [{ group: '', kind: 'Service' }, { group: '', kind: 'Service' }, true],
    [{ kind: 'Deploy*' }, {}, true],
    [{ name: 'web' }, {}, true],
    [{ name: 'we*' }, {}, true],
    [{ name: 'api' }, {}, false],
    [{ namespace: 'prod' }, {}, true],
    [{ namespace: 'dev' }, {}, false],
  ])('%j on %j: %s', (part, ref, matches) => {
    expect(ruleMatches({ ...rule, ...part }, { ...web, ...ref })).toBe(matches)
  })
})

describe('parseGoDuration', () => {
  it.each([
    ['120s', 120_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['300ms', 300],
    ['0', 0],
    ['0s', 0],
    ['-1s', -1000],
    ['', null],
    ['5', null],
    ['5 s', null],
    ['1d', null],
    ['s', null],
  ])('%j is %s', (text, ms) => {
    expect(parseGoDuration(text)).toBe(ms)
  })
})
