import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Bench,
  configMap,
  definition,
  namesOf,
  problemOf,
  render,
  startBench,
  requestFor,
  RESOLVE,
} from './support/bench.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
})
afterAll(() => bench.end())

const resolve = async (url: string, targetRevision: string): Promise<string> =>
  (await bench.source.resolve(definition(url, { targetRevision }), RESOLVE)).revision

/** [S000-22] [S000-23] [S000-06] */
describe('targetRevision', () => {
  test('HEAD, branches, tags, full refs and commits all become one commit', async () => {
    const repo = await bench.git.createRepository('team/names')
    const first = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    await repo.tag('light', { revision: first })
    await repo.tag('noted', { revision: first, message: 'release' })
    await repo.git('tag', '-a', '-m', 'tag of a tag', 'twice', 'noted')
    const second = await repo.commit({ 'b.yaml': configMap('b') }, 'two')
    const side = await repo.commit({ 'c.yaml': configMap('c') }, 'three', { branch: 'release/1.0' })
    await repo.git('update-ref', 'refs/pull/7/head', first)
    const found: Record<string, string> = {}
    for (const name of [
      'HEAD',
      'main',
      'release/1.0',
      'light',
      'noted',
      'twice',
      'refs/heads/main',
      'refs/tags/noted',
      'refs/pull/7/head',
      first,
      first.slice(0, 8),
      first.toUpperCase(),
    ]) {
      found[name] = await resolve(repo.url, name)
    }
    expect(found).toEqual({
      ...{ HEAD: second, main: second, 'release/1.0': side, light: first, noted: first, twice: first },
      ...{ 'refs/heads/main': second, 'refs/tags/noted': first, 'refs/pull/7/head': first },
      ...{ [first]: first, [first.slice(0, 8)]: first, [first.toUpperCase()]: first },
    })
  })
  test('HEAD follows a default branch of any name', async () => {
    const repo = await bench.git.createRepository('team/trunk')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one', { branch: 'trunk' })
    expect((await problemOf(resolve(repo.url, 'HEAD'))).code).toBe('HF1002')
    await repo.git('symbolic-ref', 'HEAD', 'refs/heads/trunk')
    expect(await resolve(repo.url, 'HEAD')).toBe(commit)
  })
  test('a branch wins over a tag of the same name', async () => {
    const repo = await bench.git.createRepository('team/both')
    const first = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    await repo.tag('v1', { revision: first })
    const branch = await repo.commit({ 'b.yaml': configMap('b') }, 'two', { branch: 'v1' })
    expect(await resolve(repo.url, 'v1')).toBe(branch)
  })
  test('a commit that no branch reaches any more is still found and rendered', async () => {
    const repo = await bench.git.createRepository('team/lost')
    await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    const lost = await repo.commit({ 'lost.yaml': configMap('lost') }, 'two', { branch: 'side' })
    await repo.git('update-ref', '-d', 'refs/heads/side')
    expect(await resolve(repo.url, lost)).toBe(lost)
    expect(namesOf(await bench.source.render(requestFor(definition(repo.url), lost)))).toEqual(['lost'])
  })
  test.each([
    'nowhere',
    'refs/heads/nowhere',
    'refs/pull/99/head',
    'deadbeef',
    'd'.repeat(40),
    '1.*',
    '--upload-pack=touch /tmp/x',
    '-x',
    'a..b',
    'main:a',
    'main^{tree}',
    'a\nb',
    '@{-1}',
    '',
  ])('%j is HF1002', async (name) => {
    const repo = await bench.git.createRepository(`team/missing-${Buffer.from(name).toString('hex').slice(0, 60)}`)
    await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    expect(await problemOf(resolve(repo.url, name))).toMatchObject({
      code: 'HF1002',
      subject: { repository: repo.url },
    })
  })
  test('an empty repository has no revision', async () => {
    const repo = await bench.git.createRepository('team/empty')
    expect((await problemOf(resolve(repo.url, 'HEAD'))).code).toBe('HF1002')
  })
})

describe('addresses', () => {
  test('a file URL is read', async () => {
    const repo = await bench.git.createRepository('team/file')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    expect(await resolve(`file://${repo.path}`, 'HEAD')).toBe(commit)
  })
  test.each([
    ['ext::sh -c id', 'HF2001'],
    ['ext::id', 'HF1013'],
    ['fd::17', 'HF1013'],
    ['--upload-pack=touch', 'HF2001'],
    ['-oProxyCommand=x@host:path', 'HF2001'],
    ['ssh://-oProxyCommand=x/path', 'HF2001'],
    ['/etc/passwd', 'HF2001'],
    ['https://host/a\nb', 'HF2001'],
    ['', 'HF2001'],
  ])('%j is refused as %s', async (url, code) => {
    expect((await problemOf(resolve(url, 'HEAD'))).code).toBe(code)
  })
  /** [S000-24] */
  test('credentials in the URL are used, and never shown', async () => {
    const repo = await bench.git.createRepository('team/private')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    bench.git.requireCredentials({ username: 'bot', password: 's3cret/x' })
    try {
      const wrong = await problemOf(resolve(repo.url.replace('//', '//bot:wr0ng@'), 'HEAD'))
      const none = await problemOf(resolve(repo.url, 'HEAD'))
      expect([wrong.code, none.code]).toEqual(['HF1005', 'HF1005'])
      expect(JSON.stringify(wrong)).not.toContain('wr0ng')
      expect(await resolve(repo.url.replace('//', '//bot:s3cret%2Fx@'), 'HEAD')).toBe(commit)
    } finally {
      bench.git.requireCredentials(undefined)
    }
    const kept = await readdir(bench.cacheDir, { recursive: true })
    expect(kept.join('\n')).not.toMatch(/s3cret|wr0ng/)
  })
  test('insteadOf of the environment and of the global configuration maps hosts', async () => {
    const repo = await bench.git.createRepository('org/infra')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    const byEnvironment = bench.restart({
      env: {
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.${bench.git.url}/.insteadOf`,
        GIT_CONFIG_VALUE_0: 'https://git.example/',
      },
    })
    const wanted = definition('https://git.example/org/infra.git')
    expect((await byEnvironment.resolve(wanted, RESOLVE)).revision).toBe(commit)
    const file = join(bench.cacheDir, 'gitconfig')
    await writeFile(file, `[url "${bench.git.url}/"]\n\tinsteadOf = https://other.example/\n`)
    const byFile = bench.restart({ env: { GIT_CONFIG_GLOBAL: file } })
    expect((await byFile.resolve(definition('https://other.example/org/infra.git'), RESOLVE)).revision).toBe(commit)
  })
})

describe('freshness', () => {
  test('one fetch serves every caller, and is repeated when it is too old', async () => {
    const repo = await bench.git.createRepository('team/shared')
    const first = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    const fetches = (): number =>
      bench.git.requests().filter((one) => one.includes('team/shared') && one.includes('info/refs')).length
    const callers = Array.from({ length: 20 }, () =>
      bench.source.resolve(definition(repo.url), { ...RESOLVE, maxAgeMs: 60_000 }),
    )
    expect(new Set((await Promise.all(callers)).map((one) => one.revision))).toEqual(new Set([first]))
    expect(fetches()).toBe(1)
    const second = await repo.commit({ 'a.yaml': configMap('b') }, 'two')
    expect((await bench.source.resolve(definition(repo.url), { ...RESOLVE, maxAgeMs: 60_000 })).revision).toBe(first)
    bench.advance(61_000)
    expect((await bench.source.resolve(definition(repo.url), { ...RESOLVE, maxAgeMs: 60_000 })).revision).toBe(second)
    expect(fetches()).toBe(2)
  })
  test('a restart keeps what was fetched and knows its age', async () => {
    const repo = await bench.git.createRepository('team/restart')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    const first = await bench.source.resolve(definition(repo.url), RESOLVE)
    bench.advance(10_000)
    const later = bench.restart()
    const { revision, fetchedAt } = await later.resolve(definition(repo.url), { ...RESOLVE, maxAgeMs: 3_600_000 })
    expect(revision).toBe(commit)
    expect(fetchedAt).toBe(first.fetchedAt)
    expect(
      bench.git.requests().filter((one) => one.includes('team/restart') && one.includes('info/refs')),
    ).toHaveLength(1)
  })
  test('while the host is away resolve says so, and what was fetched still renders', async () => {
    const repo = await bench.git.createRepository('team/away')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    await resolve(repo.url, 'HEAD')
    await bench.git.takeDown('refuse')
    try {
      expect(await problemOf(resolve(repo.url, 'HEAD'))).toMatchObject({
        code: 'HF1001',
        subject: { repository: repo.url },
      })
      expect(namesOf(await bench.source.render(requestFor(definition(repo.url), commit)))).toEqual(['a'])
    } finally {
      await bench.git.bringUp()
    }
    expect(await resolve(repo.url, 'HEAD')).toBe(commit)
  })
  test('a host that never answers is given up, or left when the caller leaves', async () => {
    const repo = await bench.git.createRepository('team/hang')
    await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    await bench.git.takeDown('hang')
    try {
      const hasty = bench.restart({ limits: { fetchMs: 300 } })
      expect(await problemOf(hasty.resolve(definition(repo.url), RESOLVE))).toMatchObject({ code: 'HF1001' })
      const abort = new AbortController()
      const left = bench.source.resolve(definition(repo.url), { ...RESOLVE, signal: abort.signal })
      abort.abort()
      await expect(left).rejects.toThrow()
    } finally {
      await bench.git.bringUp()
    }
  })
  test('closing ends fetches that run', async () => {
    const repo = await bench.git.createRepository('team/closing')
    await bench.git.takeDown('hang')
    try {
      const source = bench.restart()
      const running = problemOf(source.resolve(definition(repo.url), RESOLVE)).catch(() => ({
        code: 'aborted',
      }))
      const started = performance.now()
      await source.close()
      await running
      expect(performance.now() - started).toBeLessThan(5_000)
    } finally {
      await bench.git.bringUp()
    }
  })
})

describe('a mirror that breaks', () => {
  const mirrors = 'mirrors'
  const wipe = async (): Promise<void> =>
    rm(join(bench.cacheDir, mirrors), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)

  test('a force-pushed branch is followed; the old commit still renders', async () => {
    const repo = await bench.git.createRepository('team/forced')
    const old = await repo.commit({ 'old.yaml': configMap('old') }, 'one')
    await resolve(repo.url, 'main')
    await repo.git('update-ref', '-d', 'refs/heads/main')
    const fresh = await repo.commit({ 'new.yaml': configMap('new') }, 'other history')
    expect(await resolve(repo.url, 'main')).toBe(fresh)
    expect(namesOf(await bench.source.render(requestFor(definition(repo.url), old)))).toEqual(['old'])
  })
  test('a branch that becomes a folder of branches is followed', async () => {
    const repo = await bench.git.createRepository('team/folder')
    const first = await repo.commit({ 'a.yaml': configMap('a') }, 'one', { branch: 'release' })
    expect(await resolve(repo.url, 'release')).toBe(first)
    await repo.git('update-ref', '-d', 'refs/heads/release')
    const second = await repo.commit({ 'b.yaml': configMap('b') }, 'two', { branch: 'release/1' })
    expect(await resolve(repo.url, 'release/1')).toBe(second)
    expect((await problemOf(resolve(repo.url, 'release'))).code).toBe('HF1002')
  })
  test('a repository replaced by another one is followed', async () => {
    const repo = await bench.git.createRepository('team/replaced')
    await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    await resolve(repo.url, 'HEAD')
    await rm(repo.path, { recursive: true })
    const again = await bench.git.createRepository('team/replaced')
    const commit = await again.commit({ 'b.yaml': configMap('b') }, 'another beginning')
    expect(namesOf(await render(bench.source, definition(again.url)))).toEqual(['b'])
    expect(await resolve(again.url, 'HEAD')).toBe(commit)
  })
  test('the cache folder may vanish between and during calls', async () => {
    const repo = await bench.git.createRepository('team/vanished')
    const commit = await repo.commit({ 'a.yaml': configMap('a'), 'b.yaml': configMap('b') }, 'one')
    await resolve(repo.url, 'HEAD')
    await wipe()
    expect(namesOf(await bench.restart().render(requestFor(definition(repo.url), commit)))).toEqual(['a', 'b'])
    await wipe()
    expect(await resolve(repo.url, 'HEAD')).toBe(commit)
    const calls = Array.from({ length: 8 }, () => render(bench.restart(), definition(repo.url)))
    const wiping = wipe()
    for (const rendered of await Promise.all(calls)) expect(namesOf(rendered)).toEqual(['a', 'b'])
    await wiping
  }, 60_000)
  test('half-made, truncated and locked mirrors are made anew', async () => {
    const repo = await bench.git.createRepository('team/broken')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    await resolve(`${repo.url}`, 'HEAD')
    const damage = async (how: (mirror: string) => Promise<void>): Promise<string[]> => {
      for (const name of await readdir(join(bench.cacheDir, mirrors))) await how(join(bench.cacheDir, mirrors, name))
      const source = bench.restart()
      const { revision } = await source.resolve(definition(repo.url), RESOLVE)
      expect(revision).toBe(commit)
      return namesOf(await source.render(requestFor(definition(repo.url), commit)))
    }
    expect(await damage((mirror) => rm(join(mirror, 'HEAD')))).toEqual(['a'])
    expect(await damage((mirror) => rm(join(mirror, 'objects'), { recursive: true }))).toEqual(['a'])
    expect(await damage((mirror) => writeFile(join(mirror, 'config'), 'nonsense ['))).toEqual(['a'])
    await repo.commit({ 'b.yaml': configMap('b') }, 'two')
    expect(
      await problemOf(
        damage(async (mirror) => {
          await writeFile(join(mirror, 'packed-refs.lock'), '')
          for (const lock of ['main.lock'])
            await writeFile(join(mirror, 'refs', 'heads', lock), '').catch(() => undefined)
        }),
      ).catch(() => ({ code: 'resolved to the new commit' })),
    ).toEqual({ code: 'resolved to the new commit' })
  }, 60_000)
  test('objects that are gone are fetched again', async () => {
    const repo = await bench.git.createRepository('team/hollow')
    const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'one')
    await wipe()
    const source = bench.restart()
    await source.resolve(definition(repo.url), RESOLVE)
    for (const name of await readdir(join(bench.cacheDir, mirrors))) {
      for (const file of await readdir(join(bench.cacheDir, mirrors, name, 'objects'), {
        recursive: true,
        withFileTypes: true,
      })) {
        if (file.isFile()) await rm(join(file.parentPath, file.name), { force: true })
      }
    }
    expect(namesOf(await bench.restart().render(requestFor(definition(repo.url), commit)))).toEqual(['a'])
    for (const name of await readdir(join(bench.cacheDir, mirrors))) {
      for (const file of await readdir(join(bench.cacheDir, mirrors, name, 'objects'), {
        recursive: true,
        withFileTypes: true,
      })) {
        if (file.isFile())
          await rm(join(file.parentPath, file.name)).then(() => writeFile(join(file.parentPath, file.name), ''))
      }
    }
    expect(namesOf(await bench.restart().render(requestFor(definition(repo.url), commit)))).toEqual(['a'])
  }, 60_000)
})

test('author, date and subject of the last change of a file', async () => {
  const repo = await bench.git.createRepository('team/author')
  const commit = await repo.commit({ 'a.yaml': configMap('a') }, 'Raise the limit\n\nbecause', {
    author: 'Ada L <ada@example.com>',
    time: 1_700_000_000_000,
  })
  await resolve(repo.url, 'HEAD')
  const later = await repo.commit({ 'b.yaml': configMap('b') }, 'Something else')
  await resolve(repo.url, 'HEAD')
  const lastChange = (file: string) =>
    bench.source.lastChange({ source: definition(repo.url), revision: later }, [file])
  expect(await lastChange('a.yaml')).toEqual({
    commit,
    author: 'Ada L <ada@example.com>',
    date: '2023-11-14T22:13:20+00:00',
    subject: 'Raise the limit',
    file: 'a.yaml',
  })
  const any = { source: definition(repo.url), revision: later }
  expect(await bench.source.lastChange(any, ['a.yaml', 'gone', 'b.yaml'])).toMatchObject({
    commit: later,
    file: 'b.yaml',
  })
  const many = Array.from({ length: 1_200 }, (_, index) => `none/${index}`)
  expect(await bench.source.lastChange(any, [...many, 'a.yaml'])).toMatchObject({ commit, file: 'a.yaml' })
  expect(await lastChange('b.yaml')).toMatchObject({ commit: later, subject: 'Something else' })
  expect(await lastChange('--help')).toBeNull()
})
