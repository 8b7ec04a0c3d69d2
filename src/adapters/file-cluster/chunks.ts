// Bytes of whatever a dump is kept in → its UTF-8 bytes, as Latin-1 text.
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** The content is no text that can be read; the message says why. */
export class NotTextError extends Error {}

type Bytes = AsyncIterable<Uint8Array>

const CHUNK = 1 << 20
/** Enough to tell what it is. */
const SNIFF = 512

async function* after(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

async function sniff(
  bytes: Bytes,
): Promise<{ head: Buffer; all: AsyncGenerator<Uint8Array>; close: () => Promise<void> }> {
  const iterator = bytes[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (head.length < SNIFF) {
    const next = await iterator.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  const close = async (): Promise<void> => void (await iterator.return?.())
  return { head, all: after(head, iterator), close }
}

async function* gunzipped(all: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(all, { objectMode: false })
  const gunzip = createGunzip({ chunkSize: CHUNK })
  source.on('error', (error) => gunzip.destroy(error))
  source.pipe(gunzip)
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code.startsWith('Z_')) throw new NotTextError(`the gzip stream is damaged or cut off (${code})`)
    throw error
  } finally {
    source.destroy()
  }
}

/** PowerShell writes UTF-16 when output is redirected. */
async function* fromUtf16(all: AsyncGenerator<Uint8Array>, encoding: 'utf-16le' | 'utf-16be'): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const bytes of all) yield Buffer.from(decoder.decode(bytes, { stream: true })).toString('latin1')
  yield Buffer.from(decoder.decode()).toString('latin1')
}

async function* latin1(all: AsyncGenerator<Uint8Array>, skip: number): AsyncGenerator<string> {
  let left = skip
  for await (const bytes of all) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', left)
    left = 0
    yield text
  }
}

function textOf(head: Buffer, all: AsyncGenerator<Uint8Array>): AsyncGenerator<string> {
  const [a, b, c] = head
  if (a === 0xff && b === 0xfe) return fromUtf16(all, 'utf-16le')
  if (a === 0xfe && b === 0xff) return fromUtf16(all, 'utf-16be')
  if (head.includes(0)) throw new NotTextError('this is a binary file')
  return latin1(all, a === 0xef && b === 0xbb && c === 0xbf ? 3 : 0)
}

/** Unpacks gzip, leaves byte order marks out. Throws NotTextError, and what the source throws. */
export async function* chunksOf(bytes: Bytes): AsyncGenerator<string> {
  const { head, all, close } = await sniff(bytes)
  try {
    if (head[0] === 0x1f && head[1] === 0x8b) {
      const inner = await sniff(gunzipped(all))
      try {
        yield* textOf(inner.head, inner.all)
      } finally {
        await inner.close()
      }
    } else yield* textOf(head, all)
  } finally {
    await close()
  }
}
