// docs/reference/drift.md shows what the command prints: each of its examples is a file of test/cases/diff.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const page = readFileSync(new URL('../../../docs/reference/drift.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/<!-- case: (\S+) -->\n```\w+\n([^]*?)```\n/g)].map(([, file = '', shown = '']) => ({
  file,
  shown,
}))

test.each(examples)('$file', ({ file, shown }) => {
  expect(shown).toBe(readFileSync(new URL(`../../cases/diff/${file}`, import.meta.url), 'utf8'))
})

test('every example is one of a case', () => {
  expect(examples.length).toBeGreaterThan(5)
  expect(examples).toHaveLength(page.split('<!-- case:').length - 1)
})
