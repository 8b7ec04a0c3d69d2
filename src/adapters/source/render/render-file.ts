// One render as bytes: a line that proves them whole, a line about the render, a line for each object.
import { createHash } from 'node:crypto'
import type { RenderedObject } from '../../../core/desired/index.ts'
import { type PackedObject, unpack } from './packed.ts'
import type { PackedRender, Render } from './kept-render.ts'
import { inSlices } from './slices.ts'

// Another form of the bytes gets another number; files of other forms are misses.
const FORM = 'holdfast-render-1'
const HEADER = new RegExp(`^${FORM} ([0-9a-f]{64})$`)
const HEADER_BYTES = FORM.length + 1 + 64
const LINE_END = 0x0a
const HASHED_AT_ONCE = 256 * 1024

async function checksum(bytes: Buffer): Promise<string> {
  const hash = createHash('sha256')
  const starts = Array.from({ length: Math.ceil(bytes.length / HASHED_AT_ONCE) }, (_, index) => index * HASHED_AT_ONCE)
  await inSlices(starts, (start) => hash.update(bytes.subarray(start, start + HASHED_AT_ONCE)))
  return hash.digest('hex')
}

function lineOf({ origin, json, tagged }: PackedObject): string {
  return `${tagged ? 't' : 'j'}${JSON.stringify(origin)}\t${json}\n`
}

function objectIn(line: string): RenderedObject {
  // JSON holds no tab outside of strings, and writes those in strings as \t.
  const tab = line.indexOf('\t')
  return unpack({
    origin: JSON.parse(line.slice(1, tab)) as PackedObject['origin'],
    json: line.slice(tab + 1),
    tagged: line.startsWith('t'),
  })
}

export async function toFile({ rest, objects }: PackedRender): Promise<Buffer> {
  const lines = await inSlices(objects, (object) => Buffer.from(lineOf(object)))
  const payload = Buffer.concat([Buffer.from(`${JSON.stringify(rest)}\n`), ...lines])
  return Buffer.concat([Buffer.from(`${FORM} ${await checksum(payload)}\n`), payload])
}

function linesOf(payload: Buffer): [number, number][] {
  const lines: [number, number][] = []
  for (let start = 0; start < payload.length; ) {
    const end = payload.indexOf(LINE_END, start)
    lines.push([start, end < 0 ? payload.length : end])
    start = (end < 0 ? payload.length : end) + 1
  }
  return lines
}

/** undefined when the bytes are cut short, changed, or of another form. Reads in slices: nothing waits for the whole. */
export async function fromFile(bytes: Buffer): Promise<Render | undefined> {
  const said = HEADER.exec(bytes.toString('latin1', 0, HEADER_BYTES))?.[1]
  const payload = bytes.subarray(HEADER_BYTES + 1)
  if (said === undefined || payload.length === 0 || said !== (await checksum(payload))) return undefined
  try {
    const [first, ...lines] = linesOf(payload)
    if (first === undefined) return undefined
    const rest = JSON.parse(payload.toString('utf8', ...first)) as PackedRender['rest']
    return { ...rest, objects: await inSlices(lines, ([start, end]) => objectIn(payload.toString('utf8', start, end))) }
  } catch {
    return undefined
  }
}
