import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ArchiveError } from '../../../src/adapters/source/files/archive-reader.ts'
import { ArchiveTrees } from '../../../src/adapters/source/files/archive-trees.ts'

interface Entry {
  readonly name: string
  readonly type?: string
  readonly content?: string | Buffer
  readonly link?: string
  readonly prefix?: string
}

const field = (text: string, length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  bytes.write(text)
  return bytes
}
const octal = (value: number, length: number): Buffer =>
  field(`${value.toString(8).padStart(length - 1, '0')}\0`, length)

/** One entry of a ustar archive, as it is, without looking at what it says. */
function entry({ name, type = '0', content = '', link = '', prefix = '' }: Entry): Buffer {
  const body = Buffer.from(content)
  const parts = [
    ...[field(name, 100), octal(0o644, 8), octal(0, 8), octal(0, 8), octal(body.length, 12), octal(0, 12)],
    ...[Buffer.alloc(8, ' '), field(type, 1), field(link, 100), field('ustar\0', 6), field('00', 2), Buffer.alloc(80)],
    ...[field(prefix, 155), Buffer.alloc(12)],
  ]
  const header = Buffer.concat(parts)
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    7,
  ).copy(header, 148)
  const padding = Buffer.alloc((512 - (body.length % 512)) % 512)
  return Buffer.concat([header, body, padding])
}

const tar = (...entries: readonly Entry[]): Buffer => Buffer.concat([...entries.map(entry), Buffer.alloc(1024)])
const pax = (...records: readonly (readonly [string, string])[]): Entry => ({
  ...{ name: 'pax', type: 'x' },
  content: records
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`
      const length = Buffer.byteLength(rest)
      const digits = String(length + String(length + 2).length).length
      return `${length + digits}${rest}`
    })
    .join(''),
})

const LIMITS = { bytes: 1_000_000, files: 100, fileBytes: 10_000 }

async function listing(archive: Buffer, limits = LIMITS): Promise<Record<string, string>> {
  const trees = await ArchiveTrees.open(archive, limits)
  const found: Record<string, string> = {}
  const walk = async (tree: string, path: string): Promise<void> => {
    for (const { name, kind, id } of await trees.entries(tree)) {
      if (kind === 'tree') await walk(id, `${path}${name}/`)
      else found[`${path}${name}${kind === 'symlink' ? ' ->' : ''}`] = (await trees.blob(id)).toString('utf8')
    }
  }
  await walk(trees.root, '')
  return found
}

async function refusal(archive: Buffer, limits = LIMITS): Promise<string> {
  const error = await ArchiveTrees.open(archive, limits).catch((thrown: unknown) => thrown)
  if (error instanceof ArchiveError) return error.kind
  throw new Error('the archive was not refused')
}

describe('archives', () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(120)}`
  test.each<[string, Buffer, Record<string, string>]>([
    ['plain', tar({ name: 'c/a', content: 'A' }, { name: './c/b', content: 'B' }), { 'c/a': 'A', 'c/b': 'B' }],
    ['packed', gzipSync(tar({ name: 'c/a', content: 'A' })), { 'c/a': 'A' }],
    [
      'with directories',
      tar({ name: 'c/', type: '5' }, { name: 'c/empty/', type: '5' }, { name: 'c/a', content: 'A' }),
      { 'c/a': 'A' },
    ],
    [
      'with links',
      tar(
        { name: 'c/a', content: 'A' },
        { name: 'c/s', type: '2', link: '../x' },
        { name: 'c/h', type: '1', link: 'c/a' },
      ),
      { 'c/a': 'A', 'c/s ->': '../x', 'c/h': 'A' },
    ],
    [
      'with names longer than a header takes',
      tar({ name: '././@LongLink', type: 'L', content: `${long}\0` }, { name: 'cut', content: 'A' }),
      { [long]: 'A' },
    ],
    [
      'with names in PAX headers',
      tar(pax(['path', 'ünïcödé/日本'], ['mtime', '1.5']), { name: 'cut', content: 'A' }),
      { 'ünïcödé/日本': 'A' },
    ],
    ['with a prefix', tar({ name: 'b', prefix: 'a', content: 'A' }), { 'a/b': 'A' }],
    [
      'of a name twice: the last counts',
      tar({ name: 'a', content: 'one' }, { name: 'a', content: 'two' }),
      { a: 'two' },
    ],
    ['without their end', tar({ name: 'a', content: 'A' }).subarray(0, 1024), { a: 'A' }],
  ])('%s', async (_, archive, wanted) => {
    expect(await listing(archive)).toEqual(wanted)
  })

  test('ids are of the content alone', async () => {
    const one = await ArchiveTrees.open(tar({ name: 'x/a', content: 'A' }, { name: 'y/a', content: 'A' }), LIMITS)
    const two = await ArchiveTrees.open(
      gzipSync(tar({ name: 'y/a', content: 'A' }, { name: 'x/a', content: 'A' })),
      LIMITS,
    )
    expect(one.root).toBe(two.root)
    const [x, y] = await one.entries(one.root)
    expect(x?.id).toBe(y?.id)
  })

  test('a link is followed inside, never out of it', async () => {
    const trees = await ArchiveTrees.open(
      tar(
        { name: 'c/a', content: 'A' },
        { name: 'c/in', type: '2', link: 'a' },
        { name: 'c/out', type: '2', link: '../../etc' },
      ),
      LIMITS,
    )
    expect(await trees.locate(trees.root, ['c', 'in'])).toMatchObject({ kind: 'blob', path: ['c', 'a'] })
    expect(await trees.locate(trees.root, ['c', 'out'])).toEqual({ kind: 'outside' })
  })

  test('a file above the limit of files is one, the others are not', async () => {
    const trees = await ArchiveTrees.open(
      tar({ name: 'big', content: 'x'.repeat(20_000) }, { name: 'small', content: 'A' }),
      LIMITS,
    )
    const [big, small] = await trees.entries(trees.root)
    await expect(trees.blob(big?.id ?? '')).rejects.toThrow('too large')
    expect((await trees.blob(small?.id ?? '')).toString()).toBe('A')
  })
})

describe('archives that mean no good', () => {
  test.each<[string, Buffer, string]>([
    ['a path above', tar({ name: '../a', content: 'A' }), 'hostile'],
    ['a path above, inside', tar({ name: 'c/../../a', content: 'A' }), 'hostile'],
    ['an absolute path', tar({ name: '/etc/passwd', content: 'A' }), 'hostile'],
    ['an absolute path in a PAX header', tar(pax(['path', '/etc/passwd']), { name: 'a', content: 'A' }), 'hostile'],
    [
      'a path above in a long name',
      tar({ name: '././@LongLink', type: 'L', content: '../../a\0' }, { name: 'a', content: 'A' }),
      'hostile',
    ],
    ['a link to what is not there', tar({ name: 'h', type: '1', link: '/etc/passwd' }), 'hostile'],
    ['a link above', tar({ name: 'h', type: '1', link: '../x' }), 'hostile'],
    ['a device', tar({ name: 'c/null', type: '3' }), 'hostile'],
    ['a block device', tar({ name: 'c/sda', type: '4' }), 'hostile'],
    ['a pipe', tar({ name: 'c/p', type: '6' }), 'hostile'],
    ['a file that is a directory', tar({ name: 'a', content: 'A' }, { name: 'a/b', content: 'B' }), 'hostile'],
    [
      'a link that is a directory',
      tar({ name: 'a', type: '2', link: '/etc' }, { name: 'a/passwd', content: 'B' }),
      'hostile',
    ],
    ['a directory that is a file', tar({ name: 'a/b', content: 'B' }, { name: 'a', content: 'A' }), 'hostile'],
    ['control characters', tar({ name: 'a\nb', content: 'A' }), 'hostile'],
    ['backslashes', tar({ name: '..\\..\\a', content: 'A' }), 'hostile'],
    ['very many directories in one name', tar(pax(['path', 'a/'.repeat(500)]), { name: 'a', content: 'A' }), 'hostile'],
    ['nothing', Buffer.alloc(0), 'broken'],
    ['no archive', Buffer.from('<html>not found</html>'.repeat(100)), 'broken'],
    ['gzip that is cut off', gzipSync(tar({ name: 'a', content: 'A'.repeat(5_000) })).subarray(0, 40), 'broken'],
    ['gzip of nothing', gzipSync(Buffer.alloc(0)), 'broken'],
    ['an entry that is cut off', tar({ name: 'a', content: 'A'.repeat(5_000) }).subarray(0, 2_048), 'broken'],
    [
      'a wrong checksum',
      Buffer.concat([entry({ name: 'a', content: 'A' }).fill('9', 148, 150), Buffer.alloc(1024)]),
      'broken',
    ],
    ['a bomb', gzipSync(Buffer.alloc(20_000_000)), 'large'],
    [
      'very many files',
      tar(...Array.from({ length: 200 }, (_, index) => ({ name: `f${index}`, content: '' }))),
      'large',
    ],
    [
      'very many directories',
      tar(...Array.from({ length: 60 }, (_, index) => ({ name: `${index}/x/`, type: '5' }))),
      'large',
    ],
  ])('%s', async (_, archive, kind) => {
    expect(await refusal(archive)).toBe(kind)
  })
})
