// An audit log that is followed, on real files: how it grows, is rotated, is cut short, and cannot be read.
// requirements: [S001-54]
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AuditFollower, followAuditLog, readAuditLog } from '../../../src/adapters/audit-log/index.ts'
import { systemClock } from '../../../src/adapters/system-clock/index.ts'

let directory: string
let file: string
let positionFile: string
let lines: string[]
let troubles: (string | null)[]
let tooLong: number
let follower: AuditFollower | null

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-audit-log-'))
  file = join(directory, 'audit.log')
  positionFile = join(directory, 'position.json')
  ;[lines, troubles, tooLong, follower] = [[], [], 0, null]
})
afterEach(async () => {
  await follower?.stop()
  rmSync(directory, { recursive: true, force: true })
})

function follow(): AuditFollower {
  follower = followAuditLog({
    ...{ file, positionFile, clock: systemClock },
    onLine: (line) => lines.push(line),
    onTooLong: () => (tooLong += 1),
    onTrouble: (error) => troubles.push(error?.message ?? null),
  })
  return follower
}
async function stop(): Promise<void> {
  await follower?.stop()
  follower = null
}
/** What came in since the last time this was asked. */
async function heard(count: number): Promise<string[]> {
  const end = Date.now() + 10_000
  while (lines.length < count && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
  return lines.splice(0)
}
/** Time for a look and for what it may have found wrongly. */
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 350))
const write = (...all: string[]): void => appendFileSync(file, all.map((line) => `${line}\n`).join(''))
const rotated = (second: number): string => join(directory, `audit-2026-01-01T00-00-${10 + second}.000.log`)

describe('a log that grows', () => {
  it('is read from what is there, then line by line, each once, a half one when it is whole', async () => {
    write('a', 'b')
    await follow().ready
    expect(await heard(2)).toEqual(['a', 'b'])
    write('c')
    expect(await heard(1)).toEqual(['c'])
    appendFileSync(file, 'half of ')
    await aWhile()
    expect(lines).toEqual([])
    appendFileSync(file, 'it\nnext\n')
    expect(await heard(2)).toEqual(['half of it', 'next'])
  })

  it('has each line once, however fast it is written', async () => {
    write('0')
    await follow().ready
    const all = Array.from({ length: 200_000 }, (_, index) => `line ${index} ${'x'.repeat(60)}`)
    for (let at = 0; at < all.length; at += 1_000) {
      write(...all.slice(at, at + 1_000))
      if (at % 5_000 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const found = await heard(all.length + 1)
    await aWhile()
    expect([found.length, lines.length]).toEqual([all.length + 1, 0])
    expect(found.every((line, index) => line === (index === 0 ? '0' : all[index - 1]))).toBe(true)
  })

  it('drops a line of 20 MB, says so, and reads what follows', async () => {
    write('a')
    await follow().ready
    write('x'.repeat(20 << 20), 'b')
    expect(await heard(2)).toEqual(['a', 'b'])
    expect(tooLong).toBe(1)
  })

  it('looks 8 MB back on a first start, beginning with a whole line', async () => {
    const all = Array.from({ length: 12_000 }, (_, index) => `${index} ${'x'.repeat(1_000)}`)
    write(...all)
    await follow().ready
    const found = await heard(8_000)
    expect(found.length).toBeGreaterThan(8_000)
    expect(found.length).toBeLessThan(8_500)
    expect(found.every((line, index) => line === all[all.length - found.length + index])).toBe(true)
  })
})

describe('a log that is rotated', () => {
  it('by renaming: the rest of the old file, then the new one', async () => {
    write('a')
    await follow().ready
    write('b')
    renameSync(file, rotated(1))
    appendFileSync(rotated(1), 'c\n')
    await aWhile()
    write('d')
    expect(await heard(4)).toEqual(['a', 'b', 'c', 'd'])
    expect(troubles).toEqual([])
  })

  it('twice between two looks: nothing between is lost', async () => {
    write('a')
    await follow().ready
    expect(await heard(1)).toEqual(['a'])
    write('b')
    renameSync(file, rotated(1))
    write('c')
    renameSync(file, rotated(2))
    utimesSync(rotated(1), Date.now() / 1_000, Date.now() / 1_000 - 5)
    write('d')
    expect(await heard(3)).toEqual(['b', 'c', 'd'])
  })

  it('by copying and cutting short', async () => {
    write('a', 'b')
    await follow().ready
    expect(await heard(2)).toEqual(['a', 'b'])
    copyFileSync(file, `${file}.1`)
    truncateSync(file, 0)
    await aWhile()
    write('c')
    expect(await heard(1)).toEqual(['c'])
    await aWhile()
    expect(lines).toEqual([])
  })

  it('by compressing what was renamed while it is followed', async () => {
    write('a')
    await follow().ready
    renameSync(file, rotated(1))
    writeFileSync(`${rotated(1)}.gz`, gzipSync(readFileSync(rotated(1))))
    unlinkSync(rotated(1))
    write('b')
    const end = Date.now() + 10_000
    while (!lines.includes('b') && Date.now() < end) await aWhile()
    // What is compressed by now may be read twice: an event has an id.
    expect([lines[0], lines.at(-1)]).toEqual(['a', 'b'])
    expect(lines.filter((line) => line === 'b')).toHaveLength(1)
  })
})

describe('a restart', () => {
  /** More than is looked back. */
  const LONG = `${'y'.repeat(1_000_000)}\n`.repeat(9)

  it('goes on where it stood, and reads the last 8 MB again', async () => {
    write('old')
    appendFileSync(file, LONG)
    await follow().ready
    await stop()
    lines.splice(0)
    write('while away')
    await follow().ready
    const found = await heard(1)
    expect(found.at(-1)).toBe('while away')
    expect(found).not.toContain('old')
  })

  it('reads all that was written while it was away, however much', async () => {
    write('a')
    await follow().ready
    await stop()
    lines.splice(0)
    write('first')
    appendFileSync(file, LONG)
    write('last')
    await follow().ready
    const found = await heard(11)
    expect([found.includes('first'), found.at(-1)]).toEqual([true, 'last'])
  })

  it.each([
    'renamed',
    'renamed twice',
    'compressed',
    'compressed twice',
  ])('finds the rest of a file that was %s meanwhile', async (how) => {
    write('before')
    await follow().ready
    await stop()
    lines.splice(0)
    write('rest')
    const later = Date.now() / 1_000
    renameSync(file, rotated(1))
    utimesSync(rotated(1), later + 1, later + 1)
    if (how.endsWith('twice')) {
      write('between')
      renameSync(file, rotated(2))
      utimesSync(rotated(2), later + 2, later + 2)
    }
    if (how.startsWith('compressed'))
      for (const second of how.endsWith('twice') ? [1, 2] : [1]) {
        execFileSync('gzip', [rotated(second)])
      }
    write('new')
    await follow().ready
    const expected = how.endsWith('twice') ? ['rest', 'between', 'new'] : ['rest', 'new']
    expect((await heard(expected.length)).filter((line) => line !== 'before')).toEqual(expected)
  })

  it('after the file was cut short reads the new one from its beginning', async () => {
    write('a long line that was there before')
    await follow().ready
    await stop()
    lines.splice(0)
    truncateSync(file, 0)
    write('new')
    await follow().ready
    expect(await heard(1)).toEqual(['new'])
  })

  it('without its position begins near the end; what stands there as a position is no matter', async () => {
    write('a', 'b')
    for (const text of ['', '{', 'null', '{"device":"x"}', '{"device":1,"inode":2,"offset":3}']) {
      writeFileSync(positionFile, text)
      await follow().ready
      expect(await heard(2)).toEqual(['a', 'b'])
      await stop()
    }
  })

  it('a half line stays half: it is read whole after the restart', async () => {
    appendFileSync(file, `${LONG}half `)
    await follow().ready
    await stop()
    lines.splice(0)
    appendFileSync(file, 'and half\n')
    await follow().ready
    expect((await heard(1)).at(-1)).toBe('half and half')
  })

  it('keeps its position where the file is missing', async () => {
    write('a')
    await follow().ready
    await stop()
    const before = readFileSync(positionFile, 'utf8')
    unlinkSync(file)
    await follow().ready
    await stop()
    expect(readFileSync(positionFile, 'utf8')).toBe(before)
    expect(statSync(positionFile).mode & 0o777).toBe(0o600)
  })
})

describe('a log that cannot be read', () => {
  it('is missing at first: said once, read when it comes', async () => {
    await follow().ready
    await aWhile()
    expect(troubles).toHaveLength(1)
    expect(troubles[0]).toContain('ENOENT')
    write('a')
    expect(await heard(1)).toEqual(['a'])
    expect(troubles).toEqual([troubles[0], null])
  })

  it.each(['a directory', 'a pipe'])('is %s: said once, left alone, and it can be stopped', async (what) => {
    if (what === 'a directory') mkdirSync(file)
    else execFileSync('mkfifo', [file])
    await follow().ready
    await aWhile()
    expect(troubles).toEqual([`${file} is no regular file`])
    rmSync(file, { recursive: true })
    write('a')
    expect(await heard(1)).toEqual(['a'])
  })

  // Whoever is root may read everything.
  it.skipIf(process.getuid?.() === 0)('may not be read: said once, read when it may', async () => {
    write('a')
    chmodSync(file, 0)
    await follow().ready
    await aWhile()
    expect(troubles[0]).toContain('EACCES')
    chmodSync(file, 0o600)
    expect(await heard(1)).toEqual(['a'])
    expect(troubles.at(-1)).toBeNull()
  })

  it('is replaced by a directory, then by a file', async () => {
    write('a')
    await follow().ready
    renameSync(file, rotated(1))
    mkdirSync(file)
    await aWhile()
    expect(troubles).toEqual([`${file} is no regular file`])
    rmSync(file, { recursive: true })
    write('b')
    expect(await heard(2)).toEqual(['a', 'b'])
    expect(troubles).toEqual([troubles[0], null])
  })
})

describe('a log that is read once', () => {
  it('is read with its rotated and compressed parts, oldest first', async () => {
    const second = Date.now() / 1_000
    writeFileSync(`${rotated(1)}.gz`, gzipSync('a\nb\n'))
    writeFileSync(rotated(2), 'c')
    writeFileSync(`${file}.1`, 'd\n')
    for (const [index, path] of [`${rotated(1)}.gz`, rotated(2), `${file}.1`].entries())
      utimesSync(path, second, second - 100 + index)
    writeFileSync(join(directory, 'audit-other.log'), 'not of it\n')
    write('e', 'x'.repeat(20 << 20), 'f')
    expect(await readAuditLog(file, (line) => lines.push(line))).toBe(1)
    expect(lines).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it.each(['missing', 'a directory', 'damaged'])('is %s: that is an error', async (what) => {
    if (what === 'a directory') mkdirSync(file)
    if (what === 'damaged') {
      write('a')
      writeFileSync(`${rotated(1)}.gz`, gzipSync('a\nb\n').subarray(0, 10))
    }
    await expect(readAuditLog(file, () => {})).rejects.toMatchObject({ problem: { code: 'HF7006' } })
  })
})
