// The cases of test/cases/ignores-cli/cases.yaml, and the page that shows them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from './command.ts'
import { type TestEnvironment, testEnvironment } from './environment.ts'

interface Case {
  readonly name: string
  readonly title: string
  readonly args: readonly string[]
  readonly exit: number
}

const CASES = fileURLToPath(new URL('../../cases/ignores-cli/', import.meta.url))
const NOW = Date.parse('2026-05-01T12:00:00Z')
const cases = load(readFileSync(join(CASES, 'cases.yaml'), 'utf8')) as readonly Case[]

let environment: TestEnvironment

beforeAll(async () => {
  environment = await testEnvironment()
}, 900_000)
afterAll(() => environment.remove())

describe('holdfast ignores', () => {
  test.each(cases)('$name: $title', async ({ name, args, exit }) => {
    const said = await command(['ignores', ...args], { cwd: CASES, env: environment.env, now: NOW })
    const file = join(CASES, `${name}.${args.includes('json') ? 'json' : 'txt'}`)
    const text = `${said.out}${said.err}`
    if (process.env['HOLDFAST_RECORD'] === '1') writeFileSync(file, text)
    expect(text).toBe(readFileSync(file, 'utf8'))
    expect(said.exit).toBe(exit)
  })
})

describe('docs/reference/ignore.md', () => {
  const place = new URL('../../../docs/reference/ignore.md', import.meta.url)
  const page = existsSync(place) ? readFileSync(place, 'utf8') : ''
  const examples = [...page.matchAll(/<!-- case: (\S+) -->\n```\w+\n([^]*?)```\n/g)].map(
    ([, file = '', shown = '']) => ({ file, shown }),
  )
  test.each(examples)('$file', ({ file, shown }) => {
    expect(shown).toBe(readFileSync(join(CASES, file), 'utf8'))
  })
  test('every example is one of a case', () => {
    expect(examples.length).toBeGreaterThan(4)
    expect(examples).toHaveLength(page.split('<!-- case:').length - 1)
  })
})
