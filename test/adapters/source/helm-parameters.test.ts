import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { escapeCommas, isTyped, parameterArguments } from '../../../src/adapters/source/render/helm-parameters.ts'
import { problemOf } from './support/bench.ts'
import {
  chartYaml,
  type Folder,
  folderOf,
  helm,
  helmTemplate,
  objectsIn,
  objectsOf,
  renderChart,
} from './support/helm.ts'

type Parameter = { name: string; value: string; forceString: boolean }

/** Prints every value with its kind in Go: 3 and 3.0 are not the same to a template. */
const DUMP = `{{- define "dump" -}}
{{- $k := kindOf . -}}
{{- if eq $k "map" }}{ {{- range $key, $value := . }}{{ $key | quote }}:{{ include "dump" $value }},{{ end -}} }
{{- else if eq $k "slice" }}[{{- range . }}{{ include "dump" . }},{{ end -}}]
{{- else }}{{ $k }} {{ toString . | quote }}{{ end -}}
{{- end -}}
apiVersion: v1
kind: ConfigMap
metadata: {name: dump}
data:
{{- range $key, $value := .Values }}
{{- if ne $key "global" }}
  {{ $key | quote }}: {{ include "dump" $value | b64enc | quote }}
{{- end }}
{{- end }}
`

let chart: Folder
beforeAll(async () => {
  chart = await folderOf({
    'Chart.yaml': chartYaml('dump'),
    'values.yaml': 'base: {list: [{a: 1}, {b: two}, three], map: {x: 1, y: null}}\n',
    'templates/dump.yaml': DUMP,
  })
})
afterAll(() => chart.remove())

const rawArguments = (parameters: readonly Parameter[]): string[] =>
  parameters.map(
    ({ name, value, forceString }) => `--set${forceString ? '-string' : ''}=${name}=${escapeCommas(value)}`,
  )

async function compare(parameters: readonly Parameter[]): Promise<void> {
  const plain = parameters.filter(({ forceString }) => !forceString)
  const forced = parameters.filter(({ forceString }) => forceString)
  const wanted = objectsIn(await helmTemplate(chart.path, rawArguments([...plain, ...forced])))
  // A dollar begins a variable of the build environment, which helm knows nothing of.
  const written = parameters.map((one) => ({ ...one, value: one.value.replaceAll('$', '$$$$') }))
  const rendered = await renderChart(chart.path, { helm: { parameters: written } })
  expect(objectsOf(rendered)).toEqual(wanted)
}

/** Each under a name of its own, so that one call of helm answers for many. */
const spread = (parameters: readonly Parameter[]): Parameter[] =>
  parameters.map((one, index) => ({ ...one, name: `p${index}.${one.name}` }))

const VALUES = [
  ...[
    '',
    'text',
    'two words',
    ' space ',
    'true',
    'TRUE',
    'False',
    'null',
    'Null',
    '~',
    'yes',
    '0',
    '00',
    '007',
    '-0',
    '+5',
    '-7',
  ],
  ...[
    '1',
    '42',
    '1000000',
    '12345678901234567890',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
  ],
  ...[
    '1.5',
    '1e3',
    '0x10',
    '1_000',
    'a,b',
    'a\\,b',
    'a\\\\,b',
    ',',
    ',,',
    'a,',
    ',a',
    '\\',
    'a\\',
    '\\n',
    'C:\\dir\\file',
  ],
  ...[
    '{a,b,c}',
    '{1,2,3}',
    '{a,1,true,null}',
    '{}',
    '{,}',
    '{a b,"c"}',
    '{a\\,b,c}',
    '{a',
    'a}',
    '{{ x }}',
    '[1,2]',
    '{"a":1}',
  ],
  ...[
    'k=v',
    'a=b=c',
    '$HOME',
    '%s%d',
    '"quoted"',
    "'single'",
    '#hash',
    'ünïcödé 日本 🎉',
    'line\nbreak\n',
    'tab\there',
    '\r\n',
  ],
  ...['a: b', '- item', '*star', '&anchor', '!tag', '@at', '`tick`', 'https://x.test/?a=b&c=d', 'x'.repeat(5000)],
]

/** [S002-15] */
describe.skipIf(helm === '')('parameters mean what `helm template --set` makes of them', () => {
  test.each([false, true])('every kind of value (forceString: %s)', async (forceString) => {
    // A list that is not closed ends the whole call; see below.
    const usable = VALUES.filter((value) => parses({ name: 'v', value, forceString }))
    await compare(spread(usable.map((value) => ({ name: 'v', value, forceString }))))
  })

  const NAMES = [
    'v',
    'a.b',
    'a.b.c.d',
    'l[0]',
    'l[2]',
    'l[0].a',
    'l[1].a.b',
    'm[0][1]',
    'a\\.b',
    'a\\=b',
    'with-dash',
    'with space',
    'a/b',
    '日本',
  ]
  test('every kind of name', async () => {
    await compare(
      spread(NAMES.flatMap((name) => ['x', '5', '{a,7}'].map((value) => ({ name, value, forceString: false })))),
    )
  })

  test('several parameters of one tree, in their order', async () => {
    const of = (name: string, value: string, forceString = false): Parameter => ({ name, value, forceString })
    await compare([
      ...[of('base.list[0].a', '2'), of('base.list[1].c', 'new'), of('base.list[4]', 'far'), of('base.map.x', 'null')],
      ...[
        of('image.tag', '1.10', true),
        of('image.name', 'web'),
        of('replicas', '3'),
        of('on', 'true'),
        of('on2', 'true', true),
      ],
      ...[of('hosts', '{a.test,b.test}'), of('hosts[1]', 'c.test'), of('ports', '{80,443}'), of('args', '{--x,1,--y}')],
      ...[of('twice', 'first'), of('twice', 'second')],
    ])
  })

  const value = fc.oneof(
    fc.constantFrom(...VALUES),
    fc.string({ maxLength: 20 }),
    fc.string({ maxLength: 30, unit: fc.constantFrom(...'ab0159,\\{}[]=."\' -+\n') }),
    fc.array(fc.string({ maxLength: 5, unit: fc.constantFrom(...'ab01,\\ -') })).map((items) => `{${items.join(',')}}`),
  )
  const part = fc.constantFrom('a', 'b', 'c-d', 'e\\.f', 'g')
  const name = fc
    .tuple(
      part,
      fc.array(
        fc.oneof(
          part.map((text) => `.${text}`),
          fc.nat(3).map((index) => `[${index}]`),
        ),
        { maxLength: 4 },
      ),
    )
    .map(([first, rest]) => first + rest.join(''))
  const parameter = fc.record({ name, value, forceString: fc.boolean() })
  const usable = (one: Parameter): boolean => !/[\0\ud800-\udfff]/.test(one.value) && parses(one)

  test('600 made ones', async () => {
    const made = fc.sample(parameter.filter(usable), { numRuns: 600, seed: 7 })
    for (let at = 0; at < made.length; at += 200) await compare(spread(made.slice(at, at + 200)))
  })

  test.each<[string, Parameter]>([
    ['a list that is not closed', { name: 'v', value: '{a,b', forceString: false }],
    ['a name without a value', { name: 'a,b', value: 'x', forceString: false }],
  ])('%s is refused by both', async (_, one) => {
    const isClosed = parses(one)
    if (isClosed) return
    await expect(helmTemplate(chart.path, rawArguments([one]))).rejects.toThrow()
    const problem = await problemOf(renderChart(chart.path, { helm: { parameters: [one] } }))
    expect(problem.code).toBe('HF2001')
    expect(problem.message).not.toContain(one.value)
  })
})

function parses(one: Parameter): boolean {
  try {
    parameterArguments([one])
    return true
  } catch {
    return false
  }
}

describe('what stands in arguments', () => {
  const args = (parameters: readonly Parameter[]): string => JSON.stringify(parameterArguments(parameters).args)
  test('no text does', () => {
    const found = args([
      { name: 'user', value: 'hunter2', forceString: false },
      { name: 'list', value: '{hunter2,5}', forceString: false },
      { name: 'forced', value: '20081', forceString: true },
      { name: 'db.password', value: '20082', forceString: false },
      { name: 'tokens', value: '{20083,1}', forceString: false },
    ])
    expect(found).not.toMatch(/hunter2|2008/)
    expect(found).toContain('{,5}')
  })

  test('numbers and truth values do', () => {
    expect(args([{ name: 'replicas', value: '30000', forceString: false }])).toContain('30000')
    expect(['1', 'true', 'NULL', '0', '-3'].every(isTyped)).toBe(true)
    expect(['', '01', '1.5', 'a', '9223372036854775808'].some(isTyped)).toBe(false)
  })
})
