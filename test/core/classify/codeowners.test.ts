import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { codeownersOf, codeownersPatternFits, parseCodeowners } from '../../../src/core/classify/index.ts'

const file = new URL('../../cases/classify/codeowners.yaml', import.meta.url)
const { patterns, files } = load(readFileSync(file, 'utf8')) as {
  patterns: [string, string, boolean][]
  files: { title: string; text: string; owners: Record<string, string[] | null> }[]
}

describe('CODEOWNERS', () => {
  it.each(patterns)('%s about %s: %s', (pattern, path, fits) => {
    expect(codeownersPatternFits(pattern, path)).toBe(fits)
  })
  it.each(files)('$title', ({ text, owners }) => {
    const rules = parseCodeowners(text)
    const found = Object.keys(owners).map((path) => [path, codeownersOf(rules, path)?.owners ?? null])
    expect(Object.fromEntries(found)).toEqual(owners)
  })
  it('is not slowed down by a hostile owner', { timeout: 2_000 }, () => {
    const [rule] = parseCodeowners(`* a@${'.'.repeat(200_000)}@ @team`)
    expect(rule?.owners).toEqual(['@team'])
  })
  it('is not slowed down by a hostile pattern', () => {
    const pattern = `/${'**/a*'.repeat(100)}x`
    expect(codeownersPatternFits(pattern, `${'a/'.repeat(400)}b`)).toBe(false)
  })
})
