// tar and tar.gz → what lies in it, in memory. Nothing is unpacked to disk, so nothing in an archive can reach out of it.
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'

export interface ArchiveLimits {
  /** Of everything in it, unpacked. */
  readonly bytes: number
  readonly files: number
}

/** Why an archive cannot be used. */
export class ArchiveError extends Error {
  /** `broken`: it is no archive, or not a whole one; `hostile`: it names what may not be; `large`: above a limit. */
  readonly kind: 'broken' | 'hostile' | 'large'
  constructor(kind: ArchiveError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

export interface ArchiveFile {
  readonly kind: 'blob' | 'symlink'
  /** The target, for a link. */
  readonly content: Buffer
}

const DEEPEST = 100
const LONGEST_NAME = 4096
/** A header in front of an entry, such as a long name. */
const MAX_META_BYTES = 1024 * 1024
const HEADER_BYTES = 512

function shownName(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path)
}

/** The names on the way to an entry. Throws for what leaves the archive. */
function segmentsOf(path: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const isOdd = path.length > LONGEST_NAME || /[\u0000-\u001f\u007f]/.test(path) || path.includes('\\')
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (path.startsWith('/') || segments.includes('..')) {
    throw new ArchiveError('hostile', `the entry ${shownName(path)} leaves the archive`)
  }
  if (isOdd || segments.length > DEEPEST)
    throw new ArchiveError('hostile', `the entry ${shownName(path)} has no usable name`)
  return segments
}

const FILES: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile'])
const DIRECTORIES: ReadonlySet<string> = new Set(['Directory', 'GNUDumpDir'])

class Collector {
  readonly files = new Map<string, ArchiveFile>()
  readonly directories = new Set<string>([''])
  readonly #limits: ArchiveLimits

  constructor(limits: ArchiveLimits) {
    this.#limits = limits
  }

  add(entry: ReadEntry, content: Buffer): void {
    const segments = segmentsOf(entry.path)
    const path = segments.join('/')
    if (DIRECTORIES.has(entry.type)) return this.#addDirectory(segments)
    if (path === '') throw new ArchiveError('hostile', 'an entry has no name')
    const file = this.#fileOf(entry, content)
    this.#addDirectory(segments.slice(0, -1))
    if (this.directories.has(path))
      throw new ArchiveError('hostile', `${shownName(path)} is both a file and a directory`)
    // As when it is unpacked: what comes later takes the place of what was there.
    this.files.set(path, file)
    this.#count()
  }

  #fileOf(entry: ReadEntry, content: Buffer): ArchiveFile {
    if (FILES.has(entry.type)) return { kind: 'blob', content }
    if (entry.type === 'SymbolicLink') return { kind: 'symlink', content: Buffer.from(entry.linkpath ?? '') }
    if (entry.type !== 'Link') {
      throw new ArchiveError('hostile', `the entry ${shownName(entry.path)} is neither a file, a directory nor a link`)
    }
    const target = this.files.get(segmentsOf(entry.linkpath ?? '').join('/'))
    if (target !== undefined) return target
    throw new ArchiveError('hostile', `the entry ${shownName(entry.path)} links to what is not in the archive`)
  }

  #addDirectory(segments: readonly string[]): void {
    for (let count = 1; count <= segments.length; count += 1) {
      const path = segments.slice(0, count).join('/')
      if (this.files.has(path)) throw new ArchiveError('hostile', `${shownName(path)} is both a file and a directory`)
      this.directories.add(path)
    }
    this.#count()
  }

  #count(): void {
    if (this.files.size + this.directories.size > this.#limits.files) {
      throw new ArchiveError('large', `it holds more than ${this.#limits.files} files`)
    }
  }
}

/** Unpacked bytes, as far as the limit lets them through. */
async function* unpacked(archive: Buffer, limit: number): AsyncGenerator<Buffer> {
  const isPacked = archive[0] === 0x1f && archive[1] === 0x8b
  const source = Readable.from([archive])
  const stream = isPacked ? source.pipe(createGunzip()) : source
  let bytes = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > limit) throw new ArchiveError('large', `it holds more than ${limit} bytes`)
      yield chunk
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error
    throw new ArchiveError('broken', 'it is not a gzip archive that can be read to its end')
  } finally {
    stream.destroy()
  }
  if (bytes < HEADER_BYTES) throw new ArchiveError('broken', 'it is empty')
  if (bytes % HEADER_BYTES !== 0) throw new ArchiveError('broken', 'it ends in the middle of an entry')
}

function parserInto(collector: Collector, fail: (error: unknown) => void): Parser {
  const guard = (work: () => void): void => {
    try {
      work()
    } catch (error) {
      fail(error)
    }
  }
  const parser = new Parser({
    ...{ strict: true, maxMetaEntrySize: MAX_META_BYTES },
    onReadEntry: (entry) => {
      const chunks: Buffer[] = []
      entry.on('data', (chunk: Buffer) => chunks.push(chunk))
      entry.on('end', () => guard(() => collector.add(entry, Buffer.concat(chunks))))
    },
  })
  parser.on('ignoredEntry', (entry: ReadEntry) => guard(() => collector.add(entry, Buffer.alloc(0))))
  return parser
}

/** Paths with `/` between their names → files. Throws ArchiveError. */
export async function readArchive(
  archive: Buffer,
  limits: ArchiveLimits,
): Promise<{ files: ReadonlyMap<string, ArchiveFile>; directories: ReadonlySet<string> }> {
  const collector = new Collector(limits)
  const failed: { error: unknown }[] = []
  const parser = parserInto(collector, (error) => failed.push({ error }))
  const ended = new Promise<void>((resolve) => {
    parser.on('end', resolve)
    parser.on('error', (error: unknown) => {
      failed.push({ error })
      resolve()
    })
  })
  for await (const chunk of unpacked(archive, limits.bytes)) {
    if (failed.length > 0) break
    if (!parser.write(chunk)) await new Promise((resume) => setImmediate(resume))
  }
  if (failed.length === 0) {
    parser.end()
    await ended
  }
  const [first] = failed
  if (first === undefined) return collector
  if (first.error instanceof ArchiveError) throw first.error
  throw new ArchiveError('broken', 'it is not a tar archive that can be read to its end')
}
