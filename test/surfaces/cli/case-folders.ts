// Every folder of test/cases/<command> is one command line: case.json says the arguments and the exit code, expected.* what
// is printed. HOLDFAST_RECORD=1 writes expected.* anew.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from './command.ts'
import { type TestEnvironment, testEnvironment } from './environment.ts'

interface Case {
  readonly why: string
  readonly args: readonly string[]
  readonly exit: number
  /** File that is given on standard input. */
  readonly stdin?: string
}

const NOW = Date.parse('2026-05-01T12:00:00Z')

function formatOf(args: readonly string[]): string {
  const at = args.indexOf('-o')
  return at < 0 ? 'txt' : (args[at + 1] ?? 'txt')
}

export function describeFolders(name: string): void {
  const cases = fileURLToPath(new URL(`../../cases/${name}/`, import.meta.url))
  let environment: TestEnvironment

  beforeAll(async () => {
    environment = await testEnvironment()
  }, 900_000)
  afterAll(() => environment.remove())

  describe(`holdfast ${name}`, () => {
    for (const folder of readdirSync(cases)) {
      const cwd = join(cases, folder)
      const given = JSON.parse(readFileSync(join(cwd, 'case.json'), 'utf8')) as Case
      test(`${folder}: ${given.why}`, async ({ skip }) => {
        if (existsSync(join(cwd, 'desired', 'kustomization.yaml')) && !environment.kustomize) skip()
        const stdin = given.stdin === undefined ? '' : readFileSync(join(cwd, given.stdin), 'utf8')
        const said = await command([name, ...given.args], { cwd, env: environment.env, now: NOW, stdin })
        const file = join(cwd, `expected.${formatOf(given.args)}`)
        const text = said.err === '' ? said.out : `${said.out}${said.err}`
        if (process.env['HOLDFAST_RECORD'] === '1') writeFileSync(file, text)
        expect(text).toBe(readFileSync(file, 'utf8'))
        expect(said.exit).toBe(given.exit)
      })
    }
  })
}
