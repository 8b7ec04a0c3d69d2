import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestVersion, isVersionRange, versionInRange } from '../../../src/core/definition/index.ts'

/** What Masterminds/semver v3.4.0, which Argo CD uses, says of random pairs. */
const recorded = JSON.parse(
  readFileSync(new URL('../../cases/version-range/masterminds.json', import.meta.url), 'utf8'),
) as [version: string, range: string, isRange: boolean, inRange: boolean][]

// requirements: [S000-23]
describe('version ranges', () => {
  it.each(recorded)('%j in %j; a range: %s, in it: %s', (version, range, isRange, inRange) => {
    expect(isVersionRange(range)).toBe(isRange)
    expect(versionInRange(version, range)).toBe(inRange)
  })

  it.each<[versions: string[], range: string, best: string | null]>([
    [['1.0.0', '1.2.0', '1.10.0', '2.0.0'], '^1', '1.10.0'],
    [['v1.0.0', 'v1.2.3'], '1.x', 'v1.2.3'],
    [['1.0.0', '2.0.0-rc.1'], '*', '1.0.0'],
    [['1.0.0', '2.0.0-rc.1'], '>=1.0.0-0', '2.0.0-rc.1'],
    [['1.0.0', '2.0.0-rc.1', '2.0.0-rc.10', '2.0.0-rc.9'], '>1.0.0-0', '2.0.0-rc.10'],
    [['1.x', '1.5.0'], '1.x', '1.x'],
    [['1.2.0'], '1.2', null],
    [['1.2.0'], '1.2.0', '1.2.0'],
    [['main', 'release', '0.1'], '>=0', '0.1'],
    [['v1.0.0', '1.0.0'], '>=1', 'v1.0.0'],
    [['1.0.0'], '>=2', null],
    [['1.0.0'], 'main', null],
    [['1.0.0', '1.5.0', '3.0.0'], '1 - 2', '1.5.0'],
    [['1.0.0', '1.5.0', '3.0.0'], '<1.2 || >=3', '3.0.0'],
    [['18446744073709551616.0.0', '1.0.0'], '*', '1.0.0'],
    [[], '*', null],
  ])('the best of %j in %j is %j', (versions, range, best) => {
    expect(bestVersion(versions, range)).toBe(best)
  })

  it.each([
    'main',
    'HEAD',
    'release-1.2',
    'v1.2.3',
    '1.2',
    'feature/x',
    '',
    '||',
    '>=1,',
    'refs/heads/1.x',
  ])('%j is no range', (text) => {
    expect(isVersionRange(text)).toBe(false)
  })

  it('never throws and is never slow', () => {
    const piece = fc.constantFrom('1', '.', 'x', '-', ' ', '||', '|', ',', '>=', '^', 'v', '+', 'a', '0')
    fc.assert(
      fc.property(fc.string(), fc.array(piece, { maxLength: 300 }), (any, pieces) => {
        bestVersion(['1.0.0', any], pieces.join(''))
        versionInRange(pieces.join(''), any)
      }),
    )
    const started = process.hrtime.bigint()
    for (const text of ['1-a.'.repeat(64), ' '.repeat(256), '1 '.repeat(128), '1.1-1 - '.repeat(32)])
      isVersionRange(text)
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(500)
  })
})
