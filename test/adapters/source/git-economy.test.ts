import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withLock } from '../../../src/adapters/source/git/lock.ts'
import { tidy } from '../../../src/adapters/source/git/upkeep.ts'
import { run } from '../../../src/adapters/source/process.ts'
import { runGit } from '../../../tools/git-repository.mjs'
import { accessOf, settingsOf } from './support/access.ts'
import {
  type Bench,
  configMap,
  definition,
  namesOf,
  render,
  requestFor,
  RESOLVE,
  startBench,
  type TestRepository,
} from './support/bench.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
})
afterAll(() => bench.end())

const mirrorsOf = async (where: Bench): Promise<string[]> =>
  (await readdir(join(where.cacheDir, 'mirrors')).catch(() => [])).filter((name) => name.endsWith('.git'))

describe('one mirror for all', () => {
  test('five hundred applications look once, fetch once and start a handful of processes', async () => {
    const repo = await bench.git.createRepository('economy/many')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    const folder = join(bench.cacheDir, 'counting')
    await mkdir(folder)
    const script = `#!/bin/sh\necho run >>${folder}/log\nPATH=${process.env['PATH']} exec git "$@"\n`
    await writeFile(join(folder, 'git'), script, { mode: 0o755 })
    const source = bench.restart({ env: { PATH: `${folder}:${process.env['PATH']}` } })
    const names = ['HEAD', 'main', commit, commit.slice(0, 9)]
    const ask = (_: unknown, index: number) =>
      source.resolve(definition(repo.url, { targetRevision: names[index % 4] ?? '' }), { ...RESOLVE, maxAgeMs: 60_000 })
    const answers = await Promise.all(Array.from({ length: 500 }, ask))
    expect(new Set(answers.map(({ revision }) => revision))).toEqual(new Set([commit]))
    expect(bench.git.traffic('economy/many')).toMatchObject({ looks: 1, fetches: 1 })
    expect((await readFile(join(folder, 'log'), 'utf8')).split('\n').length).toBeLessThan(12)
  })
  test('hundreds that ask for the same ref beyond branches ask for it once', async () => {
    const repo = await bench.git.createRepository('economy/extra')
    const first = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    await repo.git('update-ref', 'refs/pull/7/head', first)
    const wanted = definition(repo.url, { targetRevision: 'refs/pull/7/head' })
    await Promise.all(Array.from({ length: 200 }, () => bench.source.resolve(wanted, { ...RESOLVE, maxAgeMs: 60_000 })))
    expect(bench.git.traffic('economy/extra').looks).toBeLessThanOrEqual(3)
  })
  test('what is being read while a fetch ends is still read, and no reason to distrust the mirror', async () => {
    const repo = await bench.git.createRepository('economy/reading')
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`${index}/a.yaml`, configMap('a')]))
    await repo.commit(files, 'one')
    const source = definition(repo.url)
    const { revision } = await bench.source.resolve(source, { ...RESOLVE, maxAgeMs: 0 })
    await repo.commit({ 'b.yaml': configMap('b') }, 'two')
    let isFetching = true
    const read = async (index: number): Promise<void> => {
      for (let file = index; isFetching; file += 1)
        expect(await bench.source.textOf({ source, revision }, `${file % 40}/a.yaml`)).toContain('name: a')
    }
    const reading = Array.from({ length: 40 }, (_, index) => read(index))
    for (let round = 0; round < 5; round += 1) await bench.source.resolve(source, { ...RESOLVE, maxAgeMs: -1 })
    isFetching = false
    await Promise.all(reading)
    expect(bench.git.traffic('economy/reading')).toMatchObject({ fetches: 2 })
  })
  test('tells whether a folder is the same at two revisions, and fetches nothing for it', async () => {
    const repo = await bench.git.createRepository('economy/same')
    const first = await repo.commit({ 'a/a.yaml': configMap('a'), 'b/b.yaml': configMap('b'), 'c/c.yaml': '' }, 'one')
    const second = await repo.commit({ 'a/a.yaml': configMap('other'), 'c/c.yaml': null }, 'two')
    const source = (path: string) => definition(repo.url, { path })
    await bench.source.resolve(source('a'), { ...RESOLVE, maxAgeMs: 0 })
    const { fetches, looks } = bench.git.traffic('economy/same')
    const same = (path: string, before = first): Promise<boolean> =>
      bench.source.isSame({ source: source(path), revision: second }, before, 'default')
    expect(await Promise.all(['a', 'b', 'c', '.', 'nowhere'].map((path) => same(path)))).toEqual([
      ...[false, true, false, false, false],
    ])
    expect(await same('.', second)).toBe(true)
    expect(await same('b', 'f'.repeat(40))).toBe(false)
    expect(bench.git.traffic('economy/same')).toMatchObject({ fetches, looks })
  })
  test('several sources on one folder at the same time', async () => {
    const repo = await bench.git.createRepository('economy/shared')
    const sources = Array.from({ length: 4 }, () => bench.restart())
    for (let round = 0; round < 5; round += 1) {
      await repo.commit({ 'a.yaml': configMap(`a${round}`) }, String(round))
      const rendered = await Promise.all(sources.map((source) => render(source, definition(repo.url))))
      for (const one of rendered) expect(namesOf(one)).toEqual([`a${round}`])
    }
  })
})

describe('the lock of a mirror', () => {
  const { signal } = new AbortController()
  test('of a process that died is taken over', async () => {
    const path = join(bench.cacheDir, 'locks', 'dead.lock')
    await withLock(path, signal, async () => undefined)
    await writeFile(path, `${hostname()} 999999999 gone`)
    expect(await withLock(path, signal, async (waited) => waited)).toBe(true)
  })
  test('of another machine is waited for, until it shows no life', async () => {
    const path = join(bench.cacheDir, 'locks', 'far.lock')
    await writeFile(path, 'elsewhere 1 far')
    const abort = new AbortController()
    const waiting = withLock(path, abort.signal, async () => 'taken')
    const first = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])
    expect(first).toBe('waits')
    const old = new Date(Date.now() - 60_000)
    await utimes(path, old, old)
    expect(await waiting).toBe('taken')
  })
  test('is never held twice', async () => {
    const path = join(bench.cacheDir, 'locks', 'busy.lock')
    let held = 0
    let most = 0
    const hold = () =>
      withLock(path, signal, async () => {
        held += 1
        most = Math.max(most, held)
        await new Promise((resolve) => setImmediate(resolve))
        held -= 1
      })
    await Promise.all(Array.from({ length: 5 }, hold))
    expect(most).toBe(1)
  })
})

describe('size', () => {
  test('many packs become few, and what nothing needs goes within weeks', async () => {
    const repo = await bench.git.createRepository('economy/packs')
    for (let index = 0; index < 25; index += 1) {
      await repo.commit({ 'a.yaml': configMap(`a${index}`) }, String(index))
      await runGit(repo.path, ['repack', '-q'])
    }
    const packs = async (): Promise<number> =>
      (await readdir(join(repo.path, 'objects', 'pack'))).filter((name) => name.endsWith('.pack')).length
    expect(await packs()).toBeGreaterThan(20)
    const head = await repo.head()
    await repo.git('update-ref', 'refs/holdfast/extra/heads/x', head)
    const git = (args: readonly string[], timeoutMs = 60_000) =>
      run({
        ...{ file: 'git', args: [`--git-dir=${repo.path}`, ...args], env: { PATH: process.env['PATH'] ?? '' } },
        ...{ timeoutMs, maxOutputBytes: 1_000_000 },
      })
    const now = Date.now()
    await tidy(repo.path, now, git)
    expect(await packs()).toBeLessThan(5)
    await tidy(repo.path, now + 8 * 86_400_000, git)
    expect(await packs()).toBe(1)
    expect(await repo.git('for-each-ref', 'refs/holdfast/extra')).toBe('')
    expect(await repo.git('rev-list', '--count', head)).toBe('25')
  }, 60_000)
  test('mirrors that nobody fetched for thirty days are removed', async () => {
    const own = await startBench({ failureMs: 0 })
    try {
      const [old, used] = [await own.git.createRepository('age/old'), await own.git.createRepository('age/used')]
      for (const repo of [old, used]) {
        await repo.commit({ 'a.yaml': configMap('a') }, 'one')
        await own.source.resolve(definition(repo.url), RESOLVE)
      }
      expect(await mirrorsOf(own)).toHaveLength(2)
      own.advance(20 * 86_400_000)
      await own.source.resolve(definition(used.url), RESOLVE)
      own.advance(11 * 86_400_000)
      await own.source.resolve(definition(used.url), RESOLVE)
      await expect.poll(() => mirrorsOf(own)).toHaveLength(1)
      expect(namesOf(await render(own.source, definition(old.url)))).toEqual(['a'])
    } finally {
      await own.end()
    }
  })
})

describe('a bounded depth', () => {
  let repo: TestRepository
  let head = ''
  const commits: string[] = []
  beforeAll(async () => {
    repo = await bench.git.createRepository('economy/shallow')
    for (const name of ['a', 'b', 'c', 'd'])
      commits.push(await repo.commit({ [`${name}.yaml`]: configMap(name) }, name))
    head = commits.at(-1) ?? ''
  })
  test('fetches only so much, renders the same, and says nothing of what it cannot know', async () => {
    const source = bench.restart()
    source.configure(settingsOf([accessOf(repo.url, { depth: 2 })]))
    const wanted = definition(repo.url)
    const { revision } = await source.resolve(wanted, RESOLVE)
    expect(namesOf(await source.render(requestFor(wanted, revision)))).toEqual(['a', 'b', 'c', 'd'])
    const lastChange = (file: string) => source.lastChange({ source: wanted, revision: head }, [file])
    expect(await lastChange('d.yaml')).toMatchObject({ commit: head })
    for (const file of ['a.yaml', 'b.yaml', 'c.yaml']) expect(await lastChange(file)).toBeNull()
    const next = await repo.commit({ 'e.yaml': configMap('e') }, 'e')
    expect((await source.resolve(wanted, RESOLVE)).revision).toBe(next)
  })
  test('a commit that lies deeper is fetched when it is named', async () => {
    const source = bench.restart()
    source.configure(settingsOf([accessOf(repo.url, { depth: 1 })]))
    const wanted = definition(repo.url, { targetRevision: commits[1] ?? '' })
    expect(namesOf(await render(source, wanted))).toEqual(['a', 'b'])
  })
})
