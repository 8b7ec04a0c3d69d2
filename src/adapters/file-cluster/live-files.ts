// Dumps of live objects: a file, a directory and all below it, or standard input; of any size.
import { createReadStream } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { KubeObject } from '../../core/kube/index.ts'
import { HoldfastError, type Problem, problem } from '../../core/problem/index.ts'
import { chunksOf, NotTextError } from './chunks.ts'
import { DumpReader } from './dump-reader.ts'
import type { Splitter } from './pieces.ts'
import { JsonSplitter } from './split-json.ts'
import { YamlSplitter } from './split-yaml.ts'
import type { Wanted } from './wanted.ts'

export interface LiveFilesOptions {
  /** `-` = standard input. Problems name files as they are reached from it. */
  readonly path: string
  readonly cwd: string
  readonly stdin: () => AsyncIterable<Uint8Array>
  readonly wanted: Wanted
  /** Bytes of one object, or of one document that cannot be cut; default 32 MiB. */
  readonly pieceBytes?: number
}

export interface LiveFiles {
  readonly objects: readonly KubeObject[]
  /** What could not be read: an object that is not there may be in it. */
  readonly problems: readonly Problem[]
}

const PIECE = 32 * 1024 * 1024
const CHUNK = 1 << 20
const MANIFEST = /\.(?:ya?ml|json)(?:\.gz)?$/
const ACTION = 'Name a file or a directory that can be read.'

function refused(path: string, error: unknown): Problem {
  const { code = (error as Error).message } = error as NodeJS.ErrnoException
  const why = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : `cannot be read (${code})`
  return problem('HF1004', `${path} ${why}`, { file: path }, ACTION)
}

/** JSON is cut as JSON, from the first thing that is none on as YAML. */
function splitterFor(reader: DumpReader, limit: number): Splitter {
  let current: Splitter
  const notJson = (text: string, line: number): void => {
    current = new YamlSplitter(reader, { limit, line })
    current.push(text)
  }
  current = new JsonSplitter(reader, { limit, notJson })
  return { push: (text) => current.push(text), end: () => current.end() }
}

interface Found {
  readonly path: string
  readonly name: string
  /** Bytes. */
  readonly size: number
}

/** A stream costs ten times as much as a small file. */
async function* bytesOf({ path, size }: Found): AsyncGenerator<Uint8Array> {
  if (size > 0 && size < CHUNK) yield await readFile(path)
  else yield* createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Uint8Array>
}

class Reading {
  readonly objects: KubeObject[] = []
  readonly problems: Problem[] = []
  readonly #options: LiveFilesOptions
  #seen = 0

  constructor(options: LiveFilesOptions) {
    this.#options = options
  }

  async read(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const limit = this.#options.pieceBytes ?? PIECE
    const reader = new DumpReader({ file: name, wanted: this.#options.wanted, limit })
    const splitter = splitterFor(reader, limit)
    try {
      for await (const chunk of chunksOf(bytes)) splitter.push(chunk)
      splitter.end()
    } catch (error) {
      this.problems.push(
        error instanceof NotTextError
          ? problem('HF1003', `${name}: ${error.message}`, { file: name })
          : refused(name, error),
      )
    }
    this.#seen += reader.seen
    for (const { object } of reader.objects) this.objects.push(object)
    for (const found of reader.problems) this.problems.push(found)
  }

  /** An empty file is what a failed `kubectl get` leaves behind: that everything is missing would be a guess. */
  done(): LiveFiles {
    if (this.#seen === 0 && this.problems.length === 0) {
      const { path } = this.#options
      const message = `${path === '-' ? 'standard input' : path} holds no Kubernetes object`
      const action = 'Take the dump again; an empty List would say that nothing is there.'
      this.problems.push(problem('HF1012', message, path === '-' ? {} : { file: path }, action))
    }
    return { objects: this.objects, problems: this.problems }
  }
}

/** Manifests below a directory, sorted; links are followed, each directory is entered once. */
async function* manifestsIn(directory: Found, entered: Set<string>): AsyncGenerator<Found> {
  const real = await realpath(directory.path)
  if (entered.has(real)) return
  entered.add(real)
  const names = (await readdir(directory.path)).filter((name) => name !== '.git').sort()
  for (const name of names) {
    const path = join(directory.path, name)
    const is = await stat(path).catch(() => null)
    const found = { path, name: `${directory.name.replace(/\/$/, '')}/${name}`, size: is?.size ?? 0 }
    if (is?.isDirectory() === true) yield* manifestsIn(found, entered)
    else if (MANIFEST.test(name) && is?.isFile() !== false) yield found
  }
}

/** Throws HF1004 when there is no such path; what cannot be read in it is a problem. */
export async function readLiveFiles(options: LiveFilesOptions): Promise<LiveFiles> {
  const { path, cwd, stdin } = options
  const reading = new Reading(options)
  if (path === '-') {
    await reading.read('standard input', stdin())
    return reading.done()
  }
  const at = resolve(cwd, path)
  const is = await stat(at).catch((error: unknown) => {
    throw new HoldfastError(refused(path, error))
  })
  if (is.isDirectory()) {
    for await (const found of manifestsIn({ path: at, name: path, size: 0 }, new Set()))
      await reading.read(found.name, bytesOf(found))
  } else await reading.read(path, bytesOf({ path: at, name: path, size: is.size }))
  return reading.done()
}
