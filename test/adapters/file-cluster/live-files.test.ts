import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LiveFiles, readLiveFiles, wantedFor } from '../../../src/adapters/file-cluster/index.ts'
import { formatRef, type KubeObject, refOf } from '../../../src/core/kube/index.ts'

const object = (name: string, kind = 'ConfigMap'): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: shop\n`

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'holdfast-live-'))
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

const all = (): boolean => true
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
const read = (
  content: string | Uint8Array,
  more: { pieceBytes?: number; wanted?: typeof all } = {},
): Promise<LiveFiles> =>
  readLiveFiles({ path: '-', cwd, stdin: () => once(Buffer.from(content)), wanted: all, ...more })
const readPath = (path: string): Promise<LiveFiles> =>
  readLiveFiles({ path, cwd, stdin: () => once(Buffer.from('')), wanted: all })
const names = ({ objects }: LiveFiles): string[] => objects.map((found) => formatRef(refOf(found)))
const told = ({ problems }: LiveFiles): string[] => problems.map(({ code, message }) => `${code} ${message}`)

describe('what a dump may be kept in', () => {
  const text = object('a')
  test.each([
    { form: 'gzip', bytes: gzipSync(text) },
    { form: 'two gzip members', bytes: Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))]) },
    { form: 'UTF-8 with a byte order mark', bytes: Buffer.from(`\ufeff${text}`) },
    { form: 'UTF-16, as PowerShell writes it', bytes: Buffer.from(`\ufeff${text}`, 'utf16le') },
    { form: 'UTF-16, the other way round', bytes: Buffer.from(`\ufeff${text}`, 'utf16le').swap16() },
    { form: 'CRLF', bytes: Buffer.from(text.replaceAll('\n', '\r\n')) },
  ])('$form', async ({ bytes }) => {
    const found = await read(bytes)
    expect(told(found)).toEqual([])
    expect(names(found)).toEqual(['ConfigMap shop/a'])
  })

  test.each([
    { form: 'cut-off gzip', bytes: gzipSync(text).subarray(0, 40), code: 'HF1003' },
    { form: 'damaged gzip', bytes: Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(text)]), code: 'HF1003' },
    { form: 'a binary file', bytes: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1]), code: 'HF1003' },
    { form: 'Latin-1', bytes: Buffer.from(`${text}  labels: {a: \xe9}\n`, 'latin1'), code: 'HF1003' },
    { form: 'nothing', bytes: Buffer.from(''), code: 'HF1012' },
    {
      form: 'what a failed kubectl says',
      bytes: Buffer.from('Error from server (NotFound): nothing here\n'),
      code: 'HF1012',
    },
    {
      form: 'a list that breaks off',
      bytes: Buffer.from('apiVersion: v1\nitems:\n- apiVersion: v1\n'),
      code: 'HF1003',
    },
  ])('$form is told, and answers nothing', async ({ bytes, code }) => {
    const found = await read(bytes)
    expect(found.problems.map((it) => it.code)).toContain(code)
  })

  test('an empty list says that nothing is there', async () => {
    expect(await read('apiVersion: v1\nkind: List\nitems: []\n')).toEqual({ objects: [], problems: [] })
  })
})

describe('lists', () => {
  const typed = {
    kind: 'DeploymentList',
    apiVersion: 'apps/v1',
    items: [{ metadata: { name: 'web', namespace: 'shop' } }],
  }
  test.each([
    { form: 'as the server sends them', text: JSON.stringify(typed) },
    {
      form: 'kind behind the items',
      text: 'apiVersion: apps/v1\nitems:\n- metadata:\n    name: web\n    namespace: shop\nkind: DeploymentList\n',
    },
    {
      form: 'in flow style',
      text: '{kind: DeploymentList, apiVersion: apps/v1, items: [{metadata: {name: web, namespace: shop}}]}',
    },
  ])('items of a typed list have its kind: $form', async ({ text }) => {
    const found = await read(text)
    expect(told(found)).toEqual([])
    expect(names(found)).toEqual(['apps/Deployment shop/web'])
  })

  test('items that are no objects are told with their lines, their neighbours stay', async () => {
    const found = await read(
      `apiVersion: v1\nitems:\n- just text\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n- null\n- apiVersion: v1\n  kind: Pod\n  data: {\nkind: List\n`,
    )
    expect(names(found)).toEqual(['ConfigMap a'])
    expect(found.problems.map(({ subject }) => subject.line)).toEqual([3, 8, 12])
  })

  test('what stands around the items keeps its lines', async () => {
    const list =
      'apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\nkind: List\nkind: List\n'
    expect(told(await read(list))).toEqual(['HF1007 standard input:8: the key "kind" is written twice'])
  })
})

describe('limits', () => {
  const large = `${object('large')}data:\n  a: ${'x'.repeat(500)}\n`
  const item = (name: string, size: number): string =>
    `- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: ${name}\n  data: {a: "${'x'.repeat(size)}"}\n`
  test('an object beyond the limit is told, its neighbours are read', async () => {
    const found = await read(`${object('a')}---\n${large}---\n${object('b')}`, { pieceBytes: 300 })
    expect(names(found)).toEqual(['ConfigMap shop/a', 'ConfigMap shop/b'])
    expect(told(found)).toEqual([
      'HF1010 standard input:6: what begins here is larger than 300 bytes and cannot be read piece by piece',
    ])
  })

  test.each([
    {
      form: 'YAML',
      text: `apiVersion: v1\nitems:\n${item('a', 10)}${item('b', 900)}${item('c', 10)}kind: List\n`,
      line: 8,
    },
    {
      form: 'JSON',
      text: JSON.stringify({
        items: ['a', 'b', 'c'].map((name) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name },
          x: 'x'.repeat(name === 'b' ? 900 : 1),
        })),
        apiVersion: 'v1',
        kind: 'List',
      }),
      line: 1,
    },
  ])('so is an item of a list: $form', async ({ text, line }) => {
    const found = await read(text, { pieceBytes: 300 })
    expect(names(found)).toEqual(['ConfigMap a', 'ConfigMap c'])
    expect(found.problems).toMatchObject([{ code: 'HF1010', subject: { line } }])
  })

  test('lines of any length end in time', async () => {
    const found = await read(`a: ${'x'.repeat(40_000_000)}\n---\n${object('a')}`, { pieceBytes: 1_000_000 })
    expect(names(found)).toEqual(['ConfigMap shop/a'])
    expect(found.problems).toHaveLength(1)
  })
})

describe('directories', () => {
  test('all below, links followed, each directory once, in a stable order', async () => {
    await mkdir(join(cwd, 'live/deep'), { recursive: true })
    await writeFile(
      join(cwd, 'live/b.json'),
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }),
    )
    await writeFile(join(cwd, 'live/a.yaml.gz'), gzipSync(object('a')))
    await writeFile(join(cwd, 'live/deep/c.yml'), object('c'))
    await writeFile(join(cwd, 'live/notes.txt'), 'not looked at')
    await symlink('..', join(cwd, 'live/deep/loop'))
    await symlink('nowhere.yaml', join(cwd, 'live/gone.yaml'))
    const found = await readPath('live')
    expect(names(found)).toEqual(['ConfigMap shop/a', 'ConfigMap b', 'ConfigMap shop/c'])
    expect(told(found)).toEqual(['HF1004 live/gone.yaml does not exist'])
  })

  test('one without any manifest answers nothing', async () => {
    await mkdir(join(cwd, 'empty'), { recursive: true })
    expect(told(await readPath('empty'))).toEqual(['HF1012 empty holds no Kubernetes object'])
  })

  test('a path that is not there is refused', async () => {
    await expect(readPath('nowhere')).rejects.toThrow('nowhere does not exist')
  })
})

test('wanted is what is declared, what proves something, and what defines a declared kind', () => {
  const declared = [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } },
    { apiVersion: 'example.com/v1', kind: 'Cart', metadata: { name: 'main' } },
    {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace: 'shop' } }],
    },
  ] as unknown as KubeObject[]
  const wanted = wantedFor(declared)
  const asked = (group: string, kind: string, namespace: string, name: string): boolean =>
    wanted({ group, kind, namespace, name })
  expect(asked('apps', 'Deployment', 'shop', 'web')).toBe(true)
  expect(asked('apps', 'Deployment', '', 'web')).toBe(true)
  expect(asked('apps', 'Deployment', 'other', 'web')).toBe(false)
  expect(asked('extensions', 'Deployment', 'shop', 'web')).toBe(false)
  expect(asked('example.com', 'Cart', 'anywhere', 'main')).toBe(true)
  expect(asked('', 'Secret', 'shop', 'key')).toBe(true)
  expect(asked('', 'Namespace', '', 'anything')).toBe(true)
  expect(asked('autoscaling', 'HorizontalPodAutoscaler', 'x', 'y')).toBe(true)
  expect(asked('apiextensions.k8s.io', 'CustomResourceDefinition', '', 'carts.example.com')).toBe(true)
  expect(asked('apiextensions.k8s.io', 'CustomResourceDefinition', '', 'things.other.com')).toBe(false)
})
