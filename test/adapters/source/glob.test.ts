import { expect, test } from 'vitest'
import { compileGlob } from '../../../src/adapters/source/render/glob.ts'

test.each([
  ['*.yaml', 'a.yaml', true],
  ['*.yaml', 'sub/a.yaml', true],
  ['*.yaml', 'a.json', false],
  ['{*.yml,*.yaml}', 'a.yml', true],
  ['{a,b}/**', 'b/c/d.yaml', true],
  ['{a,b}/**', 'c/d.yaml', false],
  ['{a{1,2},b}.yaml', 'a2.yaml', true],
  ['**/x.yaml', 'a/b/x.yaml', true],
  ['**/x.yaml', 'x.yaml', false],
  ['?.yaml', 'a.yaml', true],
  ['?.yaml', 'ab.yaml', false],
  ['[a-c].yaml', 'b.yaml', true],
  ['[!a-c].yaml', 'b.yaml', false],
  ['[abc].yaml', 'c.yaml', true],
  ['\\*.yaml', '*.yaml', true],
  ['\\*.yaml', 'a.yaml', false],
  ['', '', true],
  ['{,x}a', 'a', true],
])('%j on %j is %s', (pattern, path, matches) => {
  expect(compileGlob(pattern)?.(path)).toBe(matches)
})

test.each(['{a', '[a', 'a\\', '{'.repeat(100), '*'.repeat(5000)])('%j cannot be read', (pattern) => {
  expect(compileGlob(pattern)).toBeUndefined()
})

test('no pattern takes long', () => {
  const started = performance.now()
  expect(compileGlob(`${'*a'.repeat(200)}b`)?.('a'.repeat(2000))).toBe(false)
  expect(compileGlob(`${'{*a,*aa}'.repeat(50)}b`)?.('a'.repeat(1000))).toBe(false)
  expect(performance.now() - started).toBeLessThan(5_000)
})
