import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FileCacheOptions, fileCache } from '../../../src/adapters/cache-files/index.ts'
import { systemClock } from '../../../src/adapters/system-clock/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'
import type { Log } from '../../../src/ports/log.ts'

let directory: string
let warnings: string[]
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_fields, message) => void warnings.push(message),
  error: () => undefined,
  child: () => log,
}
const open = (options: Partial<FileCacheOptions> = {}) => fileCache({ directory, clock: systemClock, log, ...options })

const body = (name: string, more: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
})

async function files(): Promise<string[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true })
  return names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

function handMade(payload: string): Buffer {
  return Buffer.from(`hf1 ${createHash('sha256').update(payload).digest('hex')}\n${payload}`)
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-cache-'))
  warnings = []
})
afterEach(() => rm(directory, { recursive: true, force: true }))

it('gives a body back before it is written, after, and to the next process', async () => {
  const cache = open()
  cache.put('k', body('a'), 'disk')
  expect(cache.get('k')).toEqual(body('a'))
  await cache.idle()
  expect(cache.get('k')).toEqual(body('a'))
  expect(open().get('k')).toEqual(body('a'))
  expect(open().get('other')).toBeUndefined()
})

it.each<[string, Record<string, unknown>]>([
  ['integers beyond 2^53', { spec: { big: 9_007_199_254_740_993n, plain: 1, text: '\u0000n5', nul: '\u0000' } }],
  [
    'keys that JavaScript gives a meaning',
    JSON.parse('{"data":{"__proto__":"x","constructor":"y","toJSON":"z"}}') as Record<string, unknown>,
  ],
  ['every kind of text', { data: { text: '\u0000 \u2028 \ud83d\ude00 \u00e9 "\\' } }],
])('keeps %s exactly', async (_title, more) => {
  const cache = open({ memoryBytes: 0 })
  cache.put('k', body('a', more), 'disk')
  await cache.idle()
  expect(open().get('k')).toEqual(body('a', more))
})

it('puts the newest of several bodies of one key on disk', async () => {
  const cache = open()
  for (let n = 0; n < 20; n += 1) cache.put('k', body(`a${n}`), 'disk')
  await cache.idle()
  expect(open().get('k')).toEqual(body('a19'))
  expect(await files()).toHaveLength(1)
})

describe('bodies placed in memory', () => {
  it('never reach the disk and are not evicted by others', async () => {
    const cache = open({ memoryBytes: 10_000 })
    cache.put('secret', body('s', { data: { password: 'PLANTED' } }), 'memory')
    for (let n = 0; n < 100; n += 1) cache.put(`k${n}`, body('x'.repeat(1_000)), 'disk')
    await cache.idle()
    expect(cache.get('secret')).toEqual(body('s', { data: { password: 'PLANTED' } }))
    for (const file of await files()) expect((await readFile(file)).includes('PLANTED')).toBe(false)
    expect(open().get('secret')).toBeUndefined()
  })

  it('take the place of an earlier body on disk', async () => {
    const cache = open()
    cache.put('k', body('a'), 'disk')
    cache.put('k', body('b'), 'memory')
    await cache.idle()
    expect(cache.get('k')).toEqual(body('b'))
    await expect.poll(files).toHaveLength(0)
  })

  it('go, oldest first, over their own bound', () => {
    const cache = open({ pinnedBytes: 3_000 })
    for (const key of ['a', 'b', 'c']) cache.put(key, body(key.repeat(1_200)), 'memory')
    expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([false, true, true])
  })
})

describe('the folder', () => {
  it('and its files are for the owner only', async () => {
    const cache = open()
    cache.put('k', body('a'), 'disk')
    await cache.idle()
    expect((await stat(join(directory, 'bodies'))).mode & 0o777).toBe(0o700)
    for (const file of await files()) expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('may be deleted while running: a miss for what was lost, and the next body is written again', async () => {
    const cache = open({ memoryBytes: 0 })
    cache.put('k', body('a'), 'disk')
    await cache.idle()
    await rm(directory, { recursive: true })
    expect(open().get('k')).toBeUndefined()
    cache.put('l', body('b'), 'disk')
    await cache.idle()
    expect(open().get('l')).toEqual(body('b'))
    expect(warnings).toEqual([])
  })

  it.each<[string, (whole: Buffer) => Buffer]>([
    ['cut short', (whole) => whole.subarray(0, whole.length - 5)],
    ['empty', () => Buffer.alloc(0)],
    ['altered', (whole) => Buffer.from(whole.toString().replace('ConfigMap', 'Configmap'))],
    ['made by hand', () => handMade('j{"apiVersion":')],
    ['made by hand from a wrong tag', () => handMade('b{"a":"\\u0000nx"}')],
    ['something else', () => Buffer.from('{"apiVersion":"v1"}')],
  ])('with a file that is %s gives a miss', async (_title, damage) => {
    const cache = open()
    cache.put('k', body('a'), 'disk')
    await cache.idle()
    for (const file of await files()) await writeFile(file, damage(await readFile(file)))
    expect(open().get('k')).toBeUndefined()
  })

  it('that cannot be written is said once and changes no answer', async () => {
    await writeFile(join(directory, 'bodies'), '')
    const cache = open({ memoryBytes: 1_000 })
    for (const key of ['a', 'b', 'c']) cache.put(key, body(key), 'disk')
    await cache.idle()
    expect(cache.get('a')).toEqual(body('a'))
    expect(warnings).toHaveLength(1)
  })

  it('is swept oldest first, with what dead writers left', async () => {
    const first = open()
    first.put('old', body('o'.repeat(900)), 'disk')
    await first.idle()
    const [old] = await files()
    const stray = `${old}.1-1.tmp`
    await writeFile(stray, 'x')
    for (const file of [old ?? '', stray]) await utimes(file, 1, 1)
    const cache = open({ diskBytes: 2_500, memoryBytes: 0 })
    cache.put('new1', body('n'.repeat(900)), 'disk')
    await cache.idle()
    cache.put('new2', body('n'.repeat(900)), 'disk')
    await cache.idle()
    const fresh = open()
    expect(['old', 'new1', 'new2'].map((key) => fresh.get(key) !== undefined)).toEqual([false, true, true])
    expect(await files()).toHaveLength(2)
  })
})
