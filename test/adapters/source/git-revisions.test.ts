import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Bench,
  configMap,
  definition,
  namesOf,
  problemOf,
  render,
  RESOLVE,
  startBench,
  type TestRepository,
} from './support/bench.ts'

let bench: Bench
let repo: TestRepository
const commits: Record<string, string> = {}
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
  repo = await bench.git.createRepository('versions/app')
  const tags = [
    'v1.0.0',
    'v1.2.0',
    'v1.10.0',
    'v2.0.0-rc.1',
    'v2.0.0',
    'nonsense',
    '0.9',
    'api-1.0.0',
    'api-1.4.0',
    'web-3.0.0',
  ]
  for (const tag of tags) {
    commits[tag] = await repo.commit({ 'a.yaml': configMap(tag.replaceAll('.', '-')) }, tag)
    await repo.tag(tag, tag.length % 2 === 0 ? { revision: commits[tag] } : { revision: commits[tag], message: tag })
  }
  commits['2.x'] = await repo.commit({ 'a.yaml': configMap('branch') }, 'a branch', { branch: '2.x' })
  commits['9.x'] = await repo.commit({ 'a.yaml': configMap('nine') }, 'a branch', { branch: '9.x' })
})
afterAll(() => bench.end())

const resolve = async (targetRevision: string, tagPrefix = ''): Promise<string | undefined> => {
  const { revision } = await bench.source.resolve({ ...definition(repo.url, { targetRevision }), tagPrefix }, RESOLVE)
  return Object.keys(commits).find((name) => commits[name] === revision)
}

/** [S000-23] */
describe('versions', () => {
  test.each([
    ['1.x', '', 'v1.10.0'],
    ['~1.2', '', 'v1.2.0'],
    ['^1.0.0', '', 'v1.10.0'],
    ['*', '', 'v2.0.0'],
    ['>=2.0.0-0 <2.0.0', '', 'v2.0.0-rc.1'],
    ['<1', '', '0.9'],
    ['1.0 - 1.5', '', 'v1.2.0'],
    ['v1.2.0', '', 'v1.2.0'],
    ['0.9', '', '0.9'],
    ['1.x', 'api-', 'api-1.4.0'],
    ['*', 'web-', 'web-3.0.0'],
    ['1.0.0', 'api-', 'api-1.0.0'],
    // A tag in the range wins over a branch that is called like it; where there is none the branch is meant.
    ['2.x', '', 'v2.0.0'],
    ['9.x', '', '9.x'],
    ['2.x', 'api-', '2.x'],
    ['main', 'api-', 'web-3.0.0'],
  ])('%s after %j is %s', async (range, prefix, tag) => {
    expect(await resolve(range, prefix)).toBe(tag)
  })
  test.each([
    ['>=7', '', 'no tag is a version in the range ">=7" in'],
    ['>=7', 'api-', 'no tag is a version in the range ">=7" after the prefix "api-" in'],
    ['1.2.0', '', 'revision "1.2.0" does not exist in'],
    ['9.9.9', 'api-', 'revision "9.9.9" after the prefix "api-" does not exist in'],
  ])('%s after %j is HF1002', async (range, prefix, message) => {
    expect(await problemOf(resolve(range, prefix))).toMatchObject({
      code: 'HF1002',
      message: expect.stringContaining(message),
    })
  })
  test('a new tag in the range is taken with the next look', async () => {
    const commit = await repo.commit({ 'a.yaml': configMap('four') }, 'four')
    commits['v4.1.0'] = commit
    await repo.tag('v4.1.0', { revision: commit })
    expect(await resolve('4.x')).toBe('v4.1.0')
  })
})

/** [S000-22] [S000-23] */
test('HEAD, a branch, a short hash and refs/… name their commits', async () => {
  const other = await bench.git.createRepository('versions/trunk')
  const first = await other.commit({ 'a.yaml': configMap('a') }, 'one', { branch: 'trunk' })
  const second = await other.commit({ 'a.yaml': configMap('b') }, 'two', { branch: 'trunk' })
  await other.git('symbolic-ref', 'HEAD', 'refs/heads/trunk')
  await other.git('update-ref', 'refs/changes/01/1/1', first)
  const of = async (name: string): Promise<string> =>
    (await bench.source.resolve(definition(other.url, { targetRevision: name }), RESOLVE)).revision
  expect(await of('HEAD')).toBe(second)
  expect(await of('trunk')).toBe(second)
  expect(await of(first.slice(0, 7))).toBe(first)
  expect(await of('refs/changes/01/1/1')).toBe(first)
})

/** [S000-06] */
test('one revision is rendered whole, whatever is pushed meanwhile', async () => {
  const moving = await bench.git.createRepository('versions/moving')
  const files = (data: string) => ({ 'a.yaml': configMap('a', data), 'b.yaml': configMap('b', data) })
  await moving.commit(files('0'), '0')
  const seen = await Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      await moving.commit(files(String(index)), String(index)).catch(() => undefined)
      const { objects } = await render(bench.source, definition(moving.url))
      return new Set(objects.map(({ object }) => (object['data'] as { key: string }).key)).size
    }),
  )
  expect(seen).toEqual([1, 1, 1, 1, 1, 1])
})

/** [S000-07] */
test('a push is found with the next look that is due, and not before', async () => {
  const polled = await bench.git.createRepository('versions/polled')
  const wanted = definition(polled.url)
  const look = async (): Promise<string> =>
    (await bench.source.resolve(wanted, { ...RESOLVE, maxAgeMs: 120_000 })).revision
  const first = await polled.commit({ 'a.yaml': configMap('a') }, 'one')
  expect(await look()).toBe(first)
  const second = await polled.commit({ 'a.yaml': configMap('b') }, 'two')
  bench.advance(60_000)
  expect(await look()).toBe(first)
  bench.advance(61_000)
  expect(await look()).toBe(second)
})

/** [S000-25] */
test('only the directory named is rendered, with and without ./', async () => {
  const many = await bench.git.createRepository('versions/paths')
  await many.commit({ 'apps/a/a.yaml': configMap('a'), 'apps/b/b.yaml': configMap('b') }, 'one')
  for (const path of ['apps/a', './apps/a', 'apps/a/'])
    expect(namesOf(await render(bench.source, definition(many.url, { path })))).toEqual(['a'])
  expect((await problemOf(render(bench.source, definition(many.url, { path: 'apps/c' })))).code).toBe('HF1004')
})
