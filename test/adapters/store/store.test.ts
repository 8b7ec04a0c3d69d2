import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SqliteStore, sqliteStore } from '../../../src/adapters/store-sqlite/index.ts'
import { storeProblem } from '../../../src/adapters/store-sqlite/failure.ts'
import { systemClock } from '../../../src/adapters/system-clock/index.ts'
import { entry } from './entries.ts'

let directory: string
let file: string
let opened: SqliteStore[]

const openStore = (at: string = file): SqliteStore => {
  const store = sqliteStore({ file: at, clock: systemClock })
  opened.push(store)
  return store
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-store-'))
  file = join(directory, 'state', 'holdfast.db')
  opened = []
})
afterEach(async () => {
  for (const store of opened) await store.close()
  await rm(directory, { recursive: true, force: true })
})

describe('journal', () => {
  it('keeps every entry, newest first, by application', async () => {
    const store = openStore()
    const entries = Array.from({ length: 450 }, (_, n) =>
      entry({ app: n % 2 === 0 ? 'argocd/a' : 'argocd/b', message: `n${n}` }),
    )
    await Promise.all([store.append(entries.slice(0, 420)), store.append(entries.slice(420))])
    expect(await store.journal({ limit: 1000 })).toEqual(entries.toReversed())
    const ofA = await store.journal({ app: 'argocd/a', limit: 2 })
    expect(ofA.map(({ message }) => message)).toEqual(['n448', 'n446'])
  })

  it('is read together with what is still in the buffer', async () => {
    const store = openStore()
    const written = store.append([entry({ message: 'last' })])
    expect(await store.journal({ limit: 10 })).toHaveLength(1)
    await written
  })

  it('writes the named columns only, cuts long texts and takes hostile ones', async () => {
    const store = openStore()
    const hostile = {
      ...entry({ message: `a\u0000b\ud800${'x'.repeat(100_000)}`, durationMs: Number.NaN }),
      desired: 'PLANTED-SECRET-VALUE',
    }
    await store.append([hostile])
    const [read] = await store.journal({ limit: 1 })
    expect(read?.message).toHaveLength(2_000)
    expect(read?.message.startsWith('a\ufffdb')).toBe(true)
    expect(read?.durationMs).toBe(0)
    await store.close()
    for (const name of await readdir(join(directory, 'state'))) {
      expect((await readFile(join(directory, 'state', name))).includes('PLANTED-SECRET-VALUE')).toBe(false)
    }
  })

  it('refuses with HF7001 what does not fit into the buffer, and loses nothing that it took', async () => {
    const store = openStore()
    const taken = Array.from({ length: 4 }, () => store.append(Array.from({ length: 1_200 }, () => entry())))
    await expect(store.append(Array.from({ length: 1_200 }, () => entry()))).rejects.toMatchObject({
      problem: { code: 'HF7001' },
    })
    await Promise.all(taken)
    expect(await store.journal({ limit: 10_000 })).toHaveLength(4_800)
  })
})

describe('first seen', () => {
  it('keeps the first time over restarts until it is forgotten', async () => {
    const before = openStore()
    expect(await before.firstSeen(['f1', 'f2'], '2026-01-01T10:00:00Z')).toEqual(
      new Map([
        ['f1', '2026-01-01T10:00:00Z'],
        ['f2', '2026-01-01T10:00:00Z'],
      ]),
    )
    expect((await before.firstSeen(['f1'], '2026-01-01T11:00:00Z')).get('f1')).toBe('2026-01-01T10:00:00Z')
    await before.close()
    const after = openStore()
    expect((await after.firstSeen(['f1', 'f3'], '2026-01-02T00:00:00Z')).get('f1')).toBe('2026-01-01T10:00:00Z')
    await after.forget(['f1'])
    expect((await after.firstSeen(['f1'], '2026-01-03T00:00:00Z')).get('f1')).toBe('2026-01-03T00:00:00Z')
  })

  it('drops what nobody asked for in 30 days', async () => {
    const store = openStore()
    await store.firstSeen(['old', 'kept'], '2026-01-01T00:00:00Z')
    await store.firstSeen(['kept'], '2026-01-20T00:00:00Z')
    const later = await store.firstSeen(['old', 'kept'], '2026-02-10T00:00:00Z')
    expect(Object.fromEntries(later)).toEqual({ old: '2026-02-10T00:00:00Z', kept: '2026-01-01T00:00:00Z' })
  })
})

describe('intents and pre-existing paths', () => {
  const intent = {
    id: 'i1',
    app: 'argocd/web',
    object: '/Service/prod/web',
    uid: 'u1',
    action: 'prune',
    time: '2026-01-01T00:00:00Z',
  } as const

  it('keeps an intent until it is settled', async () => {
    const before = openStore()
    await before.intend(intent)
    await before.close()
    const after = openStore()
    expect(await after.openIntents()).toEqual([intent])
    await after.settle('i1')
    expect(await after.openIntents()).toEqual([])
  })

  it('keeps paths by application and object; an empty list says that nothing was left over', async () => {
    const store = openStore()
    await store.setPreExisting('argocd/web', '/ConfigMap/prod/a', ['.data["x"]', '.data["y"]'])
    await store.setPreExisting('argocd/web', '/ConfigMap/prod/b', ['.data["z"]'])
    await store.setPreExisting('argocd/other', '/ConfigMap/prod/c', ['.data["z"]'])
    await store.setPreExisting('argocd/web', '/ConfigMap/prod/b', [])
    expect(await store.preExisting('argocd/web')).toEqual(
      new Map([
        ['/ConfigMap/prod/a', ['.data["x"]', '.data["y"]']],
        ['/ConfigMap/prod/b', []],
      ]),
    )
  })
})

describe('the file', () => {
  it('is readable by its owner only, with its directory and its log', async () => {
    const store = openStore()
    await store.append([entry()])
    expect((await stat(join(directory, 'state'))).mode & 0o777).toBe(0o700)
    for (const name of await readdir(join(directory, 'state'))) {
      expect([name, (await stat(join(directory, 'state', name))).mode & 0o777]).toEqual([name, 0o600])
    }
  })

  it.each([
    [
      'damaged',
      async () => writeFile(join(directory, 'bad.db'), 'x'.repeat(9_000)),
      'bad.db',
      /damaged.*not a database/,
      /move .*bad\.db.* away/,
    ],
    ['a directory', async () => undefined, '.', /cannot be opened for writing/, /writable/],
    [
      'under a file',
      async () => writeFile(join(directory, 'plain'), ''),
      'plain/store.db',
      /cannot be opened for writing/,
      /writable/,
    ],
  ])('that is %s is HF7001 with what to do', async (_title, prepare, name, message, action) => {
    await prepare()
    const store = openStore(join(directory, name))
    const failure = await store.open().catch((error: unknown) => error)
    expect(failure).toMatchObject({
      problem: { code: 'HF7001', message: expect.stringMatching(message), action: expect.stringMatching(action) },
    })
    await expect(store.append([entry()])).rejects.toMatchObject({ problem: { code: 'HF7001' } })
    await expect(
      store.intend({ id: 'i', app: 'a', object: 'o', uid: 'u', action: 'prune', time: '' }),
    ).rejects.toMatchObject({ problem: { code: 'HF7001' } })
  })

  it('damaged in the middle is HF7001 at the call that meets the damage', async () => {
    const store = openStore()
    await store.append(Array.from({ length: 2_000 }, (_, n) => entry({ message: 'y'.repeat(1_000) + n })))
    await store.close()
    const bytes = await readFile(file)
    bytes.fill(0x5a, 8_192, bytes.length)
    await writeFile(file, bytes)
    const again = openStore()
    await expect(again.open().then(() => again.journal({ limit: 2_000 }))).rejects.toMatchObject({
      problem: { code: 'HF7001' },
    })
  })

  it.each([
    ['SQLITE_READONLY', /cannot be opened for writing/],
    ['SQLITE_FULL', /cannot be written to/],
    ['SQLITE_BUSY', /held by another process/],
    ['', /failed: boom/],
  ])('%s is told in words', (code, message) => {
    expect(storeProblem({ message: 'boom', code }, '/x/store.db').message).toMatch(message)
  })

  it('is opened again later when it was away at first', async () => {
    let now = 0
    const store = sqliteStore({
      file: join(directory, 'plain', 'store.db'),
      clock: { ...systemClock, monotonic: () => now },
    })
    opened.push(store)
    await writeFile(join(directory, 'plain'), '')
    await expect(store.open()).rejects.toThrow('HF7001')
    await rm(join(directory, 'plain'))
    await expect(store.open()).rejects.toThrow('HF7001')
    now = 5_000
    await store.open()
  })
})

it('loses nothing that was acknowledged when its process is killed while it writes', async () => {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./writer.ts', import.meta.url)), file],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let acknowledged = -1
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'intended') acknowledged = Number(line)
    if (acknowledged >= 1_500) child.kill('SIGKILL')
  }
  const store = openStore()
  expect(await store.openIntents()).toHaveLength(1)
  const numbers = new Set((await store.journal({ limit: 10_000 })).map(({ message }) => Number(message.slice(1))))
  expect(numbers.size).toBeGreaterThan(acknowledged)
  for (let number = 0; number <= acknowledged; number += 1) expect(numbers.has(number)).toBe(true)
  await store.append([entry()])
}, 30_000)

it('takes no slice of the main thread over 10 ms', async () => {
  const store = openStore()
  await store.open()
  const slices: number[] = []
  const timed = <T>(run: () => T): T => {
    const start = performance.now()
    const result = run()
    slices.push(performance.now() - start)
    return result
  }
  const batch = Array.from({ length: 500 }, () => entry({ message: 'm'.repeat(500) }))
  const fingerprints = Array.from({ length: 2_000 }, (_, n) => `${n}`.padStart(64, 'f'))
  for (let round = 0; round < 8; round += 1) {
    await timed(() => store.append(batch))
    await timed(() => store.firstSeen(fingerprints, `2026-01-0${round + 1}T00:00:00Z`))
  }
  slices.sort((a, b) => a - b)
  expect(slices[Math.floor(slices.length * 0.8)]).toBeLessThan(10)
}, 30_000)
