// However a dump is written and wherever its bytes are cut, the same objects come out of it.
import '../../kit/seed.ts'
import fc from 'fast-check'
import { dump } from 'js-yaml'
import { expect, test } from 'vitest'
import { readLiveFiles } from '../../../src/adapters/file-cluster/index.ts'
import { formatRef, refOf } from '../../../src/core/kube/index.ts'
import { type ObjectsOfFile, readObjects } from '../../../src/core/yaml/index.ts'

type Item = Readonly<Record<string, unknown>>

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '- a',
    '---',
    'items:\n- x',
    'kind: List',
    '# no',
    '{"items":[',
    '"',
    '\\',
    "it's",
    'a\n\nb\n',
    ' ',
    'é\u{1f600}',
  ),
)
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/)
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(name, text), tie('value'), { maxKeys: 3 }),
  ),
})).value
const item: fc.Arbitrary<Item> = fc.record(
  {
    apiVersion: fc.constantFrom('v1', 'apps/v1'),
    kind: fc.constantFrom('ConfigMap', 'Deployment'),
    metadata: fc.record(
      { name, namespace: name, labels: fc.dictionary(name, text, { maxKeys: 2 }) },
      { requiredKeys: ['name'] },
    ),
    data: value,
    spec: value,
  },
  { requiredKeys: ['apiVersion', 'kind', 'metadata'] },
)

const block = (value: unknown, indent: number): string => {
  const lines = dump(value, { noRefs: true }).trimEnd().split('\n')
  const pad = ' '.repeat(indent)
  return lines.map((line, at) => (at === 0 ? `${pad}- ${line}` : line === '' ? '' : `${pad}  ${line}`)).join('\n')
}
const WRITTEN: Readonly<Record<string, (items: readonly Item[]) => string>> = {
  list: (items) =>
    `apiVersion: v1\nitems:\n${items.map((it) => `${block(it, 0)}\n`).join('')}kind: List\nmetadata:\n  resourceVersion: ""\n`,
  'indented list': (items) =>
    `kind: List\napiVersion: v1\nitems: # all\n\n${items.map((it) => `${block(it, 2)}\n`).join('# next\n')}`,
  'two lists': (items) => items.map((it) => `apiVersion: v1\nitems:\n${block(it, 0)}\nkind: List\n`).join('---\n'),
  documents: (items) => items.map((it) => `---\n${dump(it, { noRefs: true })}`).join(''),
  json: (items) =>
    JSON.stringify({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }, null, 4),
  'compact json': (items) => JSON.stringify({ kind: 'List', apiVersion: 'v1', items }),
  'json lines': (items) => items.map((it) => JSON.stringify(it)).join('\n'),
  'json, then yaml': (items) =>
    items.map((it, at) => (at % 2 === 0 ? JSON.stringify(it) : `  \n---\n${dump(it, { noRefs: true })}---`)).join('\n'),
  'flow yaml': (items) => `{apiVersion: v1, kind: List, items: [${items.map((it) => JSON.stringify(it)).join(', ')}]}`,
}

async function* inPieces(content: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content)
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const sizes = fc.oneof(fc.constant([1]), fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }))
const read = (stdin: () => AsyncIterable<Uint8Array>, wanted = (): boolean => true) =>
  readLiveFiles({ path: '-', cwd: '/', stdin, wanted })

/** Lines of JSON are no YAML: kubectl's own list stands for them. */
function wholeOf(form: string, items: readonly Item[]): ObjectsOfFile {
  const written = WRITTEN[form === 'json lines' ? 'json' : form]
  return readObjects(written?.(items) ?? '', { file: 'standard input' })
}

test.each(Object.keys(WRITTEN))('%s', async (form) => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 4 }), sizes, async (items, cuts) => {
      const written = (WRITTEN[form] as (items: readonly Item[]) => string)(items)
      const whole = wholeOf(form, items)
      const cut = await read(() => inPieces(written, cuts))
      expect(cut.objects).toEqual(whole.objects.map(({ object }) => object))
      expect(cut.problems).toEqual(whole.problems)
    }),
    { numRuns: 60 },
  )
})

test.each(Object.keys(WRITTEN))('%s: what is not wanted is passed over, and nothing else', async (form) => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 5 }), name, async (items, asked) => {
      const written = (WRITTEN[form] as (items: readonly Item[]) => string)(items)
      const whole = wholeOf(form, items)
      fc.pre(whole.problems.length === 0)
      const chosen = (it: { kind: string; name: string }): boolean => it.kind === 'ConfigMap' || it.name < asked
      const found = await readLiveFiles({ path: '-', cwd: '/', stdin: () => inPieces(written, [97]), wanted: chosen })
      const expected = whole.objects
        .filter(({ object }) => chosen(refOf(object)))
        .map(({ object }) => formatRef(refOf(object)))
      expect(found.objects.map((object) => formatRef(refOf(object)))).toEqual(expected)
      expect(found.problems).toEqual([])
    }),
    { numRuns: 60 },
  )
})

const line = fc.constantFrom(
  ...[
    'apiVersion: v1',
    'items:',
    'items: []',
    '- apiVersion: v1',
    '  kind: ConfigMap',
    '  metadata:',
    '    name: a',
    'kind: List',
  ],
  ...[
    '---',
    '...',
    '%YAML 1.2',
    '- ',
    '-',
    '  - x',
    ' y',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '{"items":[',
    '{"a":',
    ',',
    '\t',
    '#',
    '&a',
    '*a',
    '|',
  ],
  ...['? ', ': ', '\u0000', '\r', '<<: *a', '{"kind":"List","items":[{"kind":', '"}]}', 'items: &x', '  data: "open'],
)
const garbage = fc.oneof(
  fc.array(line).map((lines) => lines.join('\n')),
  fc.string(),
  fc.string({ unit: 'binary' }),
)

test('garbage loses nothing unsaid and breaks nothing', async () => {
  await fc.assert(
    fc.asyncProperty(garbage, sizes, async (content, cuts) => {
      const { objects, problems } = await read(() => inPieces(content, cuts))
      const whole = readObjects(content, { file: 'standard input' })
      // Cut in pieces, more may be readable than as a whole; never less without a word.
      if (problems.length === 0) expect(objects).toEqual(whole.objects.map(({ object }) => object))
      for (const { message, subject } of problems) {
        expect(message).not.toBe('')
        expect(subject.line ?? 1).toBeGreaterThan(0)
      }
    }),
    { numRuns: 1_500 },
  )
})

test('every beginning of a dump is told as one', async () => {
  const items = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } }]
  for (const form of ['list', 'json', 'compact json']) {
    const content = (WRITTEN[form] as (items: readonly Item[]) => string)(items).trimEnd()
    const end = content.indexOf(form === 'list' ? 'kind: List' : '"data"')
    for (let length = 1; length < end; length += 1) {
      const { problems } = await read(() => inPieces(content.slice(0, length), [7]))
      expect(problems, content.slice(0, length)).not.toEqual([])
    }
  }
})
