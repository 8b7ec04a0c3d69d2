// What gojq 0.12.20, the engine of Argo CD, answers to generated programs. An error is an error there and here; its words differ.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileJq, jqPaths, jqValues } from '../../../src/core/jq/index.ts'
import type { Json } from '../../../src/core/kube/index.ts'

interface Recorded {
  readonly expr: string
  readonly input: Json
  /** null = an error. */
  readonly values: readonly Json[] | null
  /** Absent: told otherwise here on purpose. */
  readonly paths?: readonly Json[] | null
}

const RECORDED = readFileSync(new URL('../../cases/jq/gojq.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded)

/** gojq has no negative zero in JSON. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replace(/(?<=[[:,])-0(?=[\],}])/g, '0'))
const NO_PLACE = /no place|slice/

function answer(recorded: Recorded): { values: unknown; paths: unknown } {
  const compiled = compileJq(recorded.expr)
  if ('error' in compiled) return { values: null, paths: null }
  const values = jqValues(compiled.filter, recorded.input)
  const paths = jqPaths(compiled.filter, recorded.input)
  const refused = 'error' in paths && NO_PLACE.test(paths.error)
  return {
    values: 'error' in values ? null : plain(values.found),
    paths: recorded.paths === undefined || refused ? recorded.paths : 'error' in paths ? null : paths.found,
  }
}

describe('jq answers as gojq does', () => {
  it(`${RECORDED.length} programs`, () => {
    const differing = RECORDED.flatMap((recorded) => {
      const { values, paths } = answer(recorded)
      const same = JSON.stringify([values, paths]) === JSON.stringify([recorded.values, recorded.paths])
      try {
        if (!same) expect({ values, paths }).toEqual({ values: recorded.values, paths: recorded.paths })
        return []
      } catch {
        return [{ expr: recorded.expr, input: recorded.input, here: { values, paths }, gojq: recorded }]
      }
    })
    expect(differing).toEqual([])
  })

  it.each([
    ['def f: f; f', 'deeply'],
    ['def f: 1, f; [f]', 'deep'],
    ['[range(1000000000)]', 'steps'],
    ['[recurse(.)]', 'deep'],
    ['reduce range(100000000) as $x (0; . + 1)', 'steps'],
    ['"x" * 1000000000', 'often'],
  ])('%s ends', (program, why) => {
    const compiled = compileJq(program)
    if ('error' in compiled) throw new Error(compiled.error)
    expect(jqValues(compiled.filter, null)).toEqual({ error: expect.stringContaining(why) })
  })

  it.each([
    '.a = 1',
    '.a |= 1',
    'input',
    '$ENV',
    'env',
    'now',
    'import "x" as y; 1',
    '. as [$a] | $a',
    'gsub("a"; "b")',
    '('.repeat(1_000),
    `${'['.repeat(400)}${']'.repeat(400)}`,
  ])('%s is refused when it is read', (program) => {
    expect(compileJq(program)).toEqual({ error: expect.any(String) })
  })

  it('patterns of any kind end soon', () => {
    const compiled = compileJq('test("^(a+)+$")')
    if ('error' in compiled) throw new Error(compiled.error)
    expect(jqValues(compiled.filter, `${'a'.repeat(5_000)}!`)).toEqual({ found: [false] })
  })
})
