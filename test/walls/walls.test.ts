// The walls themselves are tested: a check that finds nothing wrong proves nothing until it has found what was planted.
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'
import { cruise } from '../../tools/walls.mjs'
import { CODE, IMPORTS, TARGETS, type ImportPlant } from './planted.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'es2023', module: 'nodenext', strict: true, noEmit: true },
    ...{ allowImportingTsExtensions: true, types: ['node'] },
  },
  include: ['src', 'test'],
}

async function plant(files: Readonly<Record<string, string>>): Promise<string> {
  const tree = await createScratch('holdfast-walls')
  const all = {
    ...files,
    'tsconfig.json': JSON.stringify(TSCONFIG),
    'package.json': '{"type":"module","dependencies":{"picocolors":"1"}}',
  }
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), content)
  }
  await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
  return tree
}

function importing({ from, imports }: ImportPlant): string {
  if (!imports.startsWith('src/')) return `import * as it from '${imports}'\nexport const used = it\n`
  const path = relative(dirname(from), imports)
  return `import type { value } from '${path.startsWith('.') ? path : `./${path}`}'\nexport type Used = typeof value\n`
}

describe('architecture walls', () => {
  let tree = ''
  let found: Awaited<ReturnType<typeof cruise>>
  const planted = {
    ...Object.fromEntries(TARGETS.map((path) => [path, 'export const value = 1\n'])),
    ...Object.fromEntries(IMPORTS.map((one) => [one.from, importing(one)])),
    'src/loop/ring-a.ts': "import type { B } from './ring-b.ts'\nexport type A = B | 1\n",
    'src/loop/ring-b.ts': "import type { A } from './ring-a.ts'\nexport type B = A | 2\n",
  }

  beforeAll(async () => {
    tree = await plant(planted)
    found = await cruise(tree)
  })
  afterAll(() => removeScratch(tree))

  it('look at every module', () => expect(found.modules).toBe(Object.keys(planted).length))

  it.each(IMPORTS.map((one) => ({ ...one, says: one.rule ?? 'nothing' })))('$from importing $imports: $says', ({
    from,
    rule,
  }) => {
    const rules = found.violations.filter((violation) => violation.from === from).map((violation) => violation.rule)
    expect(rules).toEqual(rule === undefined ? [] : expect.arrayContaining([rule]))
  })

  it('a ring of two files, though only of types: no-cycles', () => {
    expect(found.violations).toContainEqual(expect.objectContaining({ rule: 'no-cycles', from: 'src/loop/ring-a.ts' }))
  })
})

describe('lint rules', () => {
  let tree = ''
  const said = new Map<string, (string | null)[]>()

  beforeAll(async () => {
    tree = await plant(Object.fromEntries(CODE.map(({ path, code }) => [path, `${code}\n`])))
    const eslint = new ESLint({ cwd: tree, overrideConfigFile: join(ROOT, 'eslint.config.mjs') })
    for (const { filePath, messages } of await eslint.lintFiles(['src', 'test'])) {
      said.set(
        relative(tree, filePath),
        messages.map(({ ruleId, message }) => ruleId ?? message),
      )
    }
  })
  afterAll(() => removeScratch(tree))

  it.each(CODE.map((one) => ({ ...one, says: one.rule ?? 'nothing' })))('$path: $says', ({ path, rule }) => {
    expect(said.get(path)).toEqual(rule === undefined ? [] : expect.arrayContaining([rule]))
  })
})
