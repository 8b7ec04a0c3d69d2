// Renders that survive a restart, and what must never be among them.
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configMap, namesOf } from './support/bench.ts'
import { type EngineBench, engineBench, planOf, renderWith } from './support/engine.ts'

let bench: EngineBench
beforeEach(async () => {
  bench = await engineBench()
})
afterEach(() => bench.end())

const counted = (text: string, part: unknown = text) => {
  const count = { runs: 0 }
  const plan = planOf({
    parts: [part],
    run: async () => {
      count.runs += 1
      return text
    },
  })
  return { plan, count }
}

async function files(): Promise<string[]> {
  const root = join(bench.cacheDir, 'renders')
  const names = await readdir(root, { recursive: true }).catch(() => [])
  return names.filter((name) => /\/[0-9a-f]{62}/.test(name)).map((name) => join(root, name))
}

/** Renders in one engine, and again in another as after a restart. */
async function twice(text: string, between: () => Promise<void> = async () => undefined) {
  const { plan, count } = counted(text)
  const engine = bench.engine()
  const before = await renderWith(engine, plan)
  await engine.close()
  await between()
  const next = bench.engine()
  const after = await renderWith(next, plan)
  await next.close()
  return { before, after, runs: count.runs }
}

describe('after a restart', () => {
  test('nothing is rendered again', async () => {
    const text = `${configMap('a')}---\n${configMap('b', '"tab\\tand\\nline \\u2028"')}`
    const { before, after, runs } = await twice(text)
    expect(runs).toBe(1)
    expect(before.how.from).toBe('render')
    expect(after.how.from).toBe('disk')
    expect(after.objects).toEqual(before.objects)
    expect(after.digest).toBe(before.digest)
  })
  test('whole numbers beyond doubles, and odd texts, are the same', async () => {
    const data = 'spec: {n: 9007199254740993, s: "\\0n12", "\\0": -18446744073709551615, e: {}, l: [null, 1.5, true]}'
    const { before, after } = await twice(`apiVersion: x.io/v1\nkind: X\nmetadata: {name: a}\n${data}\n`)
    expect(after.how.from).toBe('disk')
    expect(after.objects).toEqual(before.objects)
    expect(JSON.stringify(after.objects, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))).toContain(
      '9007199254740993n',
    )
  })
  test('problems of single documents are told again', async () => {
    const { before, after } = await twice(`${configMap('a')}---\napiVersion: v1\nkind: X\n`)
    expect(before.problems).toHaveLength(1)
    expect(after.problems).toEqual(before.problems)
  })
  test('output that expands without bounds fails each time', async () => {
    const bomb = `a: &a [${'x,'.repeat(50)}]\n${'bcdefgh'
      .split('')
      .map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(50)}]`)
      .join('\n')}\n`
    await expect(twice(bomb)).rejects.toThrow('HF1008')
    await expect(twice(bomb)).rejects.toThrow('HF1008')
  })
  test('another Holdfast renders anew', async () => {
    const { plan, count } = counted(configMap('a'))
    for (const version of ['1.0.0', '1.0.1']) {
      const engine = bench.engine({ version })
      await renderWith(engine, plan)
      await engine.close()
    }
    expect(count.runs).toBe(2)
  })
  test('files are private', async () => {
    await twice(configMap('a'))
    const [file = ''] = await files()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700)
  })
})

describe('Secrets', () => {
  const annotated = (text: string): string => `${configMap('a')}  annotations:\n    x: ${JSON.stringify(text)}\n`
  test.each([
    ['data', 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {password: aHVudGVyMg==}\n'],
    ['stringData', 'kind: Secret\napiVersion: v1\nmetadata: {name: s}\nstringData: {password: hunter2}\n'],
    [
      'an item of a List',
      'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {p: aHVudGVyMg==}}]\n',
    ],
    ['last-applied', annotated('{"apiVersion":"v1","kind":"Secret","data":{"password":"aHVudGVyMg=="}}')],
    ['a manifest in a text', annotated('apiVersion: v1\nkind: Secret\nstringData: {password: hunter2}')],
    ['a manifest in a text in a text', annotated(JSON.stringify(JSON.stringify({ kind: 'Secret', a: 'hunter2' })))],
  ])('%s never reaches the disk, and is rendered again', async (_, text) => {
    const { runs, after } = await twice(`${configMap('plain')}---\n${text}`)
    expect(runs).toBe(2)
    expect(after.how.from).toBe('render')
    const { stdout: found } = spawnSync('grep', ['-rlE', 'hunter2|aHVudGVyMg', bench.cacheDir], { encoding: 'utf8' })
    expect(found).toBe('')
  })
  test('in memory it is kept', async () => {
    const { plan, count } = counted('apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n')
    const engine = bench.engine()
    await renderWith(engine, plan)
    expect((await renderWith(engine, plan)).how.from).toBe('memory')
    expect(count.runs).toBe(1)
  })
  test('a render that became one takes the older one from the disk', async () => {
    let text = configMap('a')
    const plan = planOf({ run: async () => text })
    const engine = bench.engine()
    await renderWith(engine, plan)
    text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n'
    await renderWith(engine, plan, { fresh: true })
    await engine.close()
    expect(await files()).toEqual([])
  })
  test('what only refers to Secrets is kept on disk', async () => {
    const { runs } = await twice(
      'apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: s}\nspec: {secretStoreRef: {kind: SecretStore}}\n',
    )
    expect(runs).toBe(1)
  })
})

describe('a damaged cache', () => {
  const each = async (change: (file: string) => Promise<void>): Promise<void> => {
    const all = await files()
    expect(all.length).toBeGreaterThan(0)
    for (const file of all) await change(file)
  }
  const rewrite = (change: (bytes: Buffer) => Buffer) => () =>
    each(async (file) => writeFile(file, change(await readFile(file))))
  test.each([
    ['cut short', rewrite((bytes) => bytes.subarray(0, bytes.length - 5))],
    ['cut to its header', rewrite((bytes) => bytes.subarray(0, 82))],
    ['emptied', rewrite(() => Buffer.alloc(0))],
    ['one byte changed', rewrite((bytes) => Buffer.from(bytes.map((byte, at) => (at === 200 ? byte ^ 1 : byte))))],
    ['of another form', rewrite((bytes) => Buffer.from(bytes.toString('latin1').replace('render-1', 'render-0')))],
    ['a folder in its place', () => each(async (file) => rm(file).then(() => mkdir(file)))],
    ['gone', () => rm(join(bench.cacheDir, 'renders'), { recursive: true })],
  ])('%s: rendered again', async (_, damage) => {
    const { runs, after } = await twice(configMap('a'), damage)
    expect(runs).toBe(2)
    expect(namesOf(after)).toEqual(['a'])
  })
  test('a damaged entry is written anew', async () => {
    const { plan, count } = counted(configMap('a'))
    for (const round of [0, 1, 2]) {
      const engine = bench.engine()
      await renderWith(engine, plan)
      await engine.close()
      if (round === 0) await rewrite((bytes) => bytes.subarray(0, 100))()
    }
    expect(count.runs).toBe(2)
  })
  test('deleted under a running engine: it goes on', async () => {
    const engine = bench.engine({ limits: { cacheBytes: 0 } })
    const all = Array.from({ length: 30 }, (_, index) => counted(configMap(`a${index}`)))
    for (const { plan } of all) {
      await renderWith(engine, plan)
      await rm(join(bench.cacheDir, 'renders'), { recursive: true, force: true, maxRetries: 5 })
    }
    expect(namesOf(await renderWith(engine, counted(configMap('last')).plan))).toEqual(['last'])
  })
  test('a folder that cannot be made is said once', async () => {
    await writeFile(join(bench.cacheDir, 'renders'), 'in the way')
    const engine = bench.engine()
    for (const name of ['a', 'b', 'c']) await renderWith(engine, counted(configMap(name)).plan)
    await engine.close()
    expect(bench.said.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })
})

describe('bounds', () => {
  const large = (name: string): string => configMap(name, 'x'.repeat(100_000))
  test('what was used longest ago goes first', async () => {
    const limits = { diskCacheBytes: 1_000_000, cacheBytes: 0 }
    const engine = bench.engine({ limits })
    const all = Array.from({ length: 30 }, (_, index) => counted(large(`a${index}`), index))
    for (const { plan } of all) {
      await renderWith(engine, plan)
      await engine.close()
      // The clock of a file system is coarse.
      for (const file of await files())
        await utimes(file, (await stat(file)).atimeMs / 1_000, (await stat(file)).mtimeMs / 1_000 - 1)
    }
    const sizes = await Promise.all((await files()).map(async (file) => (await stat(file)).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_100_000)
    expect(sizes.length).toBeGreaterThan(5)
    const last = all.at(-1)
    if (last !== undefined) expect((await renderWith(bench.engine({ limits }), last.plan)).how.from).toBe('disk')
  })
  test('what dead processes left half written is swept', async () => {
    const { plan } = counted(configMap('a'))
    const stray = join(bench.cacheDir, 'renders', 'ab', `${'c'.repeat(62)}.dead.tmp`)
    const young = join(bench.cacheDir, 'renders', 'ab', `${'d'.repeat(62)}.young.tmp`)
    await mkdir(join(stray, '..'), { recursive: true })
    for (const file of [stray, young]) await writeFile(file, 'half')
    await utimes(stray, 1, 1)
    const engine = bench.engine()
    await renderWith(engine, plan)
    await engine.close()
    expect((await files()).filter((file) => file.endsWith('.tmp'))).toEqual([young])
  })
  test('several processes may share it', async () => {
    const engines = Array.from({ length: 4 }, () => bench.engine({ limits: { cacheBytes: 0 } }))
    const all = Array.from({ length: 20 }, (_, index) => counted(large(`a${index}`), index))
    const renders = await Promise.all(
      engines.flatMap((engine) => all.map(async ({ plan }) => namesOf(await renderWith(engine, plan)))),
    )
    await Promise.all(engines.map((engine) => engine.close()))
    expect(renders).toHaveLength(80)
    const fresh = bench.engine()
    for (const [index, { plan }] of all.entries()) {
      const render = await renderWith(fresh, plan)
      expect([render.how.from, ...namesOf(render)]).toEqual(['disk', `a${index}`])
    }
  })
  test('2,000 objects are read whole and in order', async () => {
    const spec = Array.from({ length: 60 }, (_, index) => `  key${index}: ${'value '.repeat(8)}`).join('\n')
    const text = Array.from(
      { length: 2_000 },
      (_, index) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${index}}\ndata:\n${spec}\n`,
    ).join('---\n')
    const { plan } = counted(text, 'large')
    const engine = bench.engine({ limits: { cacheBytes: 0 } })
    await renderWith(engine, plan)
    await engine.close()
    const next = bench.engine()
    const render = await renderWith(next, plan)
    expect(render.how.from).toBe('disk')
    expect(namesOf(render)).toEqual(Array.from({ length: 2_000 }, (_, index) => `c${index}`))
  })
})

test('a folder without rights is no failure of a render', async () => {
  await mkdir(join(bench.cacheDir, 'renders'))
  await chmod(join(bench.cacheDir, 'renders'), 0o500)
  expect(namesOf(await renderWith(bench.engine(), counted(configMap('a')).plan))).toEqual(['a'])
})
