// Paths of this machine: named as they were given, read as the same files of a repository would be.
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalOptions, renderLocal, renderText } from '../../../src/adapters/source/index.ts'
import { findBinaries } from '../../../tools/binaries.mjs'
import { configMap, definition, namesOf, problemOf } from './support/bench.ts'

const kustomize = (await findBinaries(['kustomize'])).kustomize?.path
const clock = { now: () => Date.now(), monotonic: () => performance.now(), after: () => ({ cancel: () => undefined }) }

let root: string
const FILES: Readonly<Record<string, string>> = {
  'apps/a.yaml': configMap('a'),
  'apps/b.json': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }),
  'apps/sub/c.yaml': configMap('c'),
  'apps/values.txt': 'no manifest',
  'half/good.yaml': configMap('good'),
  'half/bad.yaml': 'a: [1\n',
  'overlay/kustomization.yaml': 'resources: [../base]\nnamePrefix: x-\n',
  'base/kustomization.yaml': 'resources: [cm.yaml]\n',
  'base/cm.yaml': configMap('cm'),
  'broken/kustomization.yaml': 'resources: [nowhere.yaml]\n',
  'odd name/ü.yaml': configMap('odd'),
  'empty/README.md': '',
}
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-local-'))
  for (const [file, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), text)
  }
  await symlink('apps', join(root, 'linked'))
  await symlink(join(root, 'apps/a.yaml'), join(root, 'linked.yaml'))
  await symlink('nowhere', join(root, 'dangling'))
  await symlink('../apps/a.yaml', join(root, 'half/in.yaml'))
  await symlink('loop', join(root, 'loop'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const local = (path: string, options: Partial<LocalOptions> = {}): ReturnType<typeof renderLocal> =>
  renderLocal(path, {
    ...{ clock, cwd: root, as: 'source', source: definition('file:///') },
    env: { PATH: process.env['PATH'], HOLDFAST_KUSTOMIZE: kustomize },
    ...options,
  })
const origins = async (path: string, options: Partial<LocalOptions> = {}): Promise<string[]> =>
  (await local(path, options)).objects.map(({ origin }) => `${origin.file}:${origin.line}`)

describe('names', () => {
  test.each([
    ['apps', ['apps/a.yaml:1', 'apps/b.json:1']],
    ['./apps', ['./apps/a.yaml:1', './apps/b.json:1']],
    ['./apps/', ['./apps/a.yaml:1', './apps/b.json:1']],
    ['apps/../apps', ['apps/../apps/a.yaml:1', 'apps/../apps/b.json:1']],
    ['linked', ['linked/a.yaml:1', 'linked/b.json:1']],
    ['apps/a.yaml', ['apps/a.yaml:1']],
    ['./apps/sub/../a.yaml', ['./apps/sub/../a.yaml:1']],
    ['linked.yaml', ['linked.yaml:1']],
    ['odd name', ['odd name/ü.yaml:1']],
  ])('%s', async (path, expected) => {
    expect(await origins(path)).toEqual(expected)
  })
  test('the working directory itself, and an absolute path', async () => {
    expect(await origins('.', { cwd: join(root, 'apps') })).toEqual(['./a.yaml:1', './b.json:1'])
    expect(await origins(join(root, 'apps/a.yaml'))).toEqual([`${join(root, 'apps/a.yaml')}:1`])
    expect(await origins('../apps', { cwd: join(root, 'half') })).toEqual(['../apps/a.yaml:1', '../apps/b.json:1'])
  })
  test('a problem names its file as it was given, once', async () => {
    const { problems, objects } = await local('./half')
    expect(problems).toMatchObject([{ code: 'HF1003', subject: { file: './half/bad.yaml' } }])
    expect(problems[0]?.message).not.toContain(root)
    expect(namesOf({ objects })).toEqual(['good', 'a'])
  })
})

describe('what is read', () => {
  test('a directory as a source, or plainly with all below it', async () => {
    expect(namesOf(await local('apps'))).toEqual(['a', 'b'])
    expect(namesOf(await local('apps', { as: 'plain' }))).toEqual(['a', 'b', 'c'])
  })
  test('options of a source', async () => {
    const source = definition('https://elsewhere.example/x', {
      path: 'elsewhere',
      directory: { recurse: true, include: '*.yaml' },
    })
    expect(namesOf(await local('apps', { source }))).toEqual(['a', 'c'])
  })
  test.skipIf(kustomize === undefined)('a kustomization with bases beside it', async () => {
    const { objects, sources } = await local('./overlay')
    expect(namesOf({ objects })).toEqual(['x-cm'])
    expect([...(sources[0]?.files ?? [])].sort()).toEqual([
      './overlay/kustomization.yaml',
      ...[join(root, 'base/cm.yaml'), join(root, 'base/kustomization.yaml')],
    ])
  })
  test.skipIf(kustomize === undefined)('a kustomization read plainly is no manifest, and its files are', async () => {
    expect(namesOf(await local('base', { as: 'plain' }))).toContain('cm')
  })
  test('an edit is seen at once', async () => {
    await writeFile(join(root, 'base/edited.yaml'), configMap('before'))
    expect(namesOf(await local('base/edited.yaml'))).toEqual(['before'])
    await writeFile(join(root, 'base/edited.yaml'), configMap('after'))
    expect(namesOf(await local('base/edited.yaml'))).toEqual(['after'])
    await rm(join(root, 'base/edited.yaml'))
  })
  test('standard input', async () => {
    const { objects, problems } = await renderText(`${configMap('in')}---\nkind: X\n`, 'standard input')
    expect(namesOf({ objects })).toEqual(['in'])
    expect(problems).toMatchObject([{ subject: { file: 'standard input' } }])
  })
  test('an empty directory holds nothing', async () => {
    expect(await local('empty')).toMatchObject({ objects: [], problems: [] })
  })
})

describe('what cannot be read is HF1004 and named as it was given', () => {
  test.each([
    'nowhere',
    './apps/nowhere.yaml',
    'apps/a.yaml/x',
    'dangling',
    'loop',
    'a\u0000b',
    ''.padEnd(5_000, 'x'),
  ])('%j', async (path) => {
    const { code, message } = await problemOf(local(path))
    expect(code).toBe('HF1004')
    expect(message).not.toContain(root)
  })
  test.skipIf(process.getuid?.() === 0)('a file without rights', async () => {
    await chmod(join(root, 'apps/sub/c.yaml'), 0)
    expect((await problemOf(local('apps/sub/c.yaml'))).message).toContain('may not be read')
    await chmod(join(root, 'apps/sub/c.yaml'), 0o600)
  })
  test('a device or a pipe is no file', async () => {
    expect((await problemOf(local('/dev/null'))).code).toBe('HF1004')
  })
  test('a file above the limit', async () => {
    expect((await local('apps/a.yaml', { limits: { fileBytes: 10 } })).problems).toMatchObject([{ code: 'HF1010' }])
  })
  test.skipIf(kustomize === undefined)('a render that fails names no folder of the render', async () => {
    const { code, message } = await problemOf(local('./broken'))
    expect(code).toBe('HF1009')
    expect(message).not.toContain('holdfast-render')
  })
})
