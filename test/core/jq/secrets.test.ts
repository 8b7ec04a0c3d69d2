// A failing program is told in conditions, events and logs: it must not tell what stands in a Secret.
// requirements: [S002-172]
import { describe, expect, it } from 'vitest'
import { BUILTINS } from '../../../src/core/jq/builtins.ts'
import { compileJq, jqPaths, jqValues } from '../../../src/core/jq/index.ts'

const SECRET = 'c2VudGluZWw'
const object = { data: { p: SECRET, [SECRET]: 'x', deep: { p: [SECRET] } } }

const ARGUMENTS = ['.', '1', '"("', '.data.p', '.data', '[]', '{}', 'null', '("(" + .)?']
const calls = [...BUILTINS.keys()]
  .map((key) => key.split('/') as [string, string])
  .filter(([name]) => !name.startsWith('_'))
  .flatMap(([name, arity]) => {
    if (arity === '0') return [name]
    if (arity === '1') return ARGUMENTS.map((one) => `${name}(${one})`)
    const rest = Array.from({ length: Number(arity) - 1 }, (_, index) => ARGUMENTS[index + 3]).join('; ')
    return ARGUMENTS.map((one) => `${name}(${one}; ${rest})`)
  })
const operators = ['+', '-', '*', '/', '%'].flatMap((sign) => [`. ${sign} 1`, `. ${sign} {}`, `1 ${sign} .`])
const formats = ['csv', 'tsv', 'sh', 'json', 'base64', 'base64d', 'uri', 'html', 'text'].flatMap((name) => [
  `@${name}`,
  `[[.]] | @${name}`,
])
const steps = [
  '.a',
  '.[0]',
  '.[]',
  '.[1:]',
  '-.',
  '{(.): 1}',
  '{([.]): 1}',
  '.[.]',
  'error',
  'error(.)',
  'try error catch error',
]
const programs = [...calls, ...operators, ...formats, ...steps].flatMap((call) =>
  ['.data.p', '.data', '.data.deep.p'].flatMap((at) => [
    `${at} | ${call}`,
    `.data | select((${at.replace('.data', '.')} | ${call}) > 1)`.replace('(. |', '(.p |'),
  ]),
)

function errorsOf(program: string): string[] {
  const compiled = compileJq(program)
  if ('error' in compiled) return []
  return [
    jqValues(compiled.filter, object, { steps: 5_000 }),
    jqPaths(compiled.filter, object, { steps: 5_000 }),
    jqPaths(compiled.filter, object, { steps: 5_000, lenient: true }),
  ].flatMap((result) => ('error' in result ? [result.error] : []))
}

describe('what is told of a program that fails', () => {
  it(`never says what stands in the object (${programs.length} programs)`, () => {
    const told = programs.map((program) => ({ program, errors: errorsOf(program) }))
    expect(told.filter(({ errors }) => errors.length > 0).length).toBeGreaterThan(programs.length / 3)
    expect(told.filter(({ errors }) => errors.some((error) => error.includes(SECRET.slice(0, 6))))).toEqual([])
  })
})
