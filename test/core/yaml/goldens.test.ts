import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../../src/core/kube/index.ts'
import { readYaml } from '../../../src/core/yaml/index.ts'

interface Golden {
  readonly source: string
  readonly json?: string
  readonly error?: string
}

const CASES = new URL('../../cases/yaml/', import.meta.url)

function read<T>(folder: string, name: string): T {
  return JSON.parse(readFileSync(new URL(`${folder}/${name}`, CASES), 'utf8')) as T
}

/** Number text as this reader carries it, so that `1e+21` and `9223372036854775807` compare by value and by digit. */
function sameJson(text: string): string {
  return canonicalJson(readYaml(text, { file: 'golden' }).documents[0]?.value as Json)
}

function outcome(source: string): string {
  const { documents, problems } = readYaml(source, { file: 'input.yaml' })
  if (problems[0] !== undefined) return problems[0].code
  return documents.map((document) => canonicalJson(document.value)).join(' & ') || 'null'
}

for (const folder of readdirSync(CASES)) {
  const { title, differs } = read<{ title: string; differs: Record<string, { reads: string; because: string }> }>(
    folder,
    'case.json',
  )
  describe(title, () => {
    for (const golden of read<readonly Golden[]>(folder, 'golden.json')) {
      const wanted = differs[golden.source]?.reads ?? (golden.json === undefined ? 'HF1003' : sameJson(golden.json))
      test(`${JSON.stringify(golden.source)} reads ${wanted}`, () => {
        expect(outcome(`${golden.source}\n`)).toBe(wanted)
      })
    }
  })
}
