// Git LFS: files that lie in Git as a pointer, and elsewhere in full.
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HoldfastError, problem, type ProblemCode } from '../../../core/problem/index.ts'
import { LFS_VERSION } from '../files/lfs-pointer.ts'
import { FileTrees, TooLargeError, type TreeEntry } from '../files/trees.ts'
import { admits, hostOf, reachOfHost } from '../reach.ts'
import type { GitAccess } from './access.ts'
import { shown } from './address.ts'
import { TooLongError } from './http.ts'

interface Pointer {
  readonly oid: string
  readonly size: number
}

const MARK = 'lfs:'
const POINTER_BYTES = 1024
const BATCH_BYTES = 1024 * 1024
const HOPS = 3
const JSON_TYPE = 'application/vnd.git-lfs+json'

function pointerOf(content: Buffer): Pointer | null {
  if (content.length > POINTER_BYTES) return null
  const text = content.toString('utf8')
  const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1]
  const size = /^size (\d{1,15})$/m.exec(text)?.[1]
  return LFS_VERSION.test(text) && oid !== undefined && size !== undefined ? { oid, size: Number(size) } : null
}

/** Files of a repository with what its pointers stand for. Ids differ from those without: the content does. */
export class LfsTrees extends FileTrees {
  readonly #trees: FileTrees
  readonly #store: LfsStore

  constructor(trees: FileTrees, store: LfsStore) {
    super()
    this.#trees = trees
    this.#store = store
  }

  async entries(tree: string): Promise<readonly TreeEntry[]> {
    const entries = await this.#trees.entries(tree)
    return entries.map((entry) => (entry.kind === 'blob' ? { ...entry, id: MARK + entry.id } : entry))
  }

  async blob(id: string): Promise<Buffer> {
    if (!id.startsWith(MARK)) return this.#trees.blob(id)
    const content = await this.#trees.blob(id.slice(MARK.length))
    const pointer = pointerOf(content)
    return pointer === null ? content : this.#store.read(pointer)
  }
}

export interface LfsOptions {
  /** Of the repository, without credentials. */
  readonly url: string
  readonly access: GitAccess
  /** Where files are kept; may vanish at any time. */
  readonly folder: () => string
  readonly fileBytes: number
}

/** `https://host/team/app.git/info/lfs`, also for ssh, whose own way of asking is not spoken; null = there is none. */
function endpointOf(url: string): string | null {
  const scp = /^[^@/]+@([^:/]+):\/?(.*)$/.exec(url)
  const plain = url.includes('://') ? url : scp === null ? '' : `ssh://${scp[1]}/${scp[2]}`
  if (!URL.canParse(plain)) return null
  const { protocol, host, hostname, pathname } = new URL(plain)
  const path = pathname.replace(/\/+$/, '').replace(/(\.git)?$/, '.git')
  if (protocol === 'ssh:') return `https://${hostname}${path}/info/lfs`
  return protocol === 'http:' || protocol === 'https:' ? `${protocol}//${host}${path}/info/lfs` : null
}

interface Action {
  readonly href: string
  readonly headers: Readonly<Record<string, string>>
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The download that the server offers for the first object; a text says why it offers none. */
function actionOf(body: Buffer): Action | string {
  let answer: unknown
  try {
    answer = JSON.parse(body.toString('utf8'))
  } catch {
    return 'an answer that is not JSON'
  }
  const objects = isRecord(answer) ? answer['objects'] : null
  const object: unknown = Array.isArray(objects) ? objects[0] : null
  if (!isRecord(object)) return 'an answer without the file'
  if (isRecord(object['error'])) return `“${String(object['error']['message']).slice(0, 200)}”`
  const actions = isRecord(object['actions']) ? object['actions'] : {}
  const download = isRecord(actions['download']) ? actions['download'] : {}
  if (typeof download['href'] !== 'string') return 'an answer without a download'
  const header = isRecord(download['header']) ? download['header'] : {}
  const headers = Object.entries(header).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
  return { href: download['href'], headers: Object.fromEntries(headers) }
}

/** Plain http only where the repository itself is so reached. */
function isWeb(href: string, endpoint: string): boolean {
  if (!URL.canParse(href)) return false
  const { protocol } = new URL(href)
  return protocol === 'https:' || (protocol === 'http:' && endpoint.startsWith('http:'))
}

function hasAuthorization(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
}

export class LfsStore {
  readonly #options: LfsOptions
  readonly #running = new Map<string, Promise<Buffer>>()

  constructor(options: LfsOptions) {
    this.#options = options
  }

  /** Throws TooLargeError, HF1001 and HF1005. */
  read(pointer: Pointer): Promise<Buffer> {
    if (pointer.size > this.#options.fileBytes) return Promise.reject(new TooLargeError(pointer.size))
    const running = this.#running.get(pointer.oid)
    if (running !== undefined) return running
    const read = this.#read(pointer).finally(() => this.#running.delete(pointer.oid))
    this.#running.set(pointer.oid, read)
    return read
  }

  async #read(pointer: Pointer): Promise<Buffer> {
    const kept = await readFile(join(this.#options.folder(), pointer.oid)).catch(() => null)
    if (kept !== null && isWhole(kept, pointer)) return kept
    const content = await this.#download(pointer).catch((error: unknown) => {
      if (error instanceof HoldfastError || error instanceof TooLargeError) throw error
      if (error instanceof TooLongError) throw this.#failure(pointer, 'the server sent more than the pointer says')
      throw this.#failure(pointer, error instanceof Error ? error.message : String(error))
    })
    if (!isWhole(content, pointer)) throw this.#failure(pointer, 'the server sent something else than the pointer says')
    await this.#keep(pointer, content).catch(() => undefined)
    return content
  }

  async #keep(pointer: Pointer, content: Buffer): Promise<void> {
    const folder = this.#options.folder()
    const file = join(folder, `${pointer.oid}.${randomUUID()}`)
    await mkdir(folder, { mode: 0o700 }).catch(() => undefined)
    await writeFile(file, content, { mode: 0o600 })
    await rename(file, join(folder, pointer.oid))
  }

  async #download(pointer: Pointer): Promise<Buffer> {
    const { url, access } = this.#options
    const endpoint = endpointOf(url)
    if (endpoint === null) throw this.#failure(pointer, 'LFS needs a repository that is reached by https or ssh')
    const authorization = await access.authorization()
    const asked = await access.http.send({
      url: `${endpoint}/objects/batch`,
      method: 'POST',
      headers: {
        ...{ accept: JSON_TYPE, 'content-type': JSON_TYPE, 'user-agent': 'git-lfs/holdfast' },
        ...(authorization === null ? {} : { authorization }),
      },
      body: JSON.stringify({ operation: 'download', transfers: ['basic'], hash_algo: 'sha256', objects: [pointer] }),
      maxBytes: BATCH_BYTES,
    })
    if (asked.status !== 200) throw this.#refused(pointer, asked.status)
    const action = actionOf(asked.body)
    if (typeof action === 'string') throw this.#failure(pointer, `the server gave ${action}`)
    const own = new URL(endpoint).origin === (URL.canParse(action.href) ? new URL(action.href).origin : '')
    const isMissing = own && authorization !== null && !hasAuthorization(action.headers)
    return this.#get(pointer, { ...action, headers: { ...action.headers, ...(isMissing ? { authorization } : {}) } })
  }

  /** Follows redirects, to another origin without what was sent to the first. */
  async #get(pointer: Pointer, { href, headers }: Action): Promise<Buffer> {
    let [current, sent] = [href, headers]
    for (let hop = 0; hop <= HOPS; hop += 1) {
      await this.#checkTarget(pointer, current)
      const reply = await this.#options.access.http.send({ url: current, headers: sent, maxBytes: pointer.size })
      if (reply.status === 200) return reply.body
      if (reply.status < 300 || reply.status >= 400 || !URL.canParse(reply.location, current))
        throw this.#refused(pointer, reply.status)
      const next = new URL(reply.location, current)
      if (next.origin !== new URL(current).origin) sent = {}
      current = next.href
    }
    throw this.#failure(pointer, 'the server sends on and on')
  }

  async #checkTarget(pointer: Pointer, href: string): Promise<void> {
    const { url } = this.#options
    const endpoint = endpointOf(url) ?? ''
    if (!isWeb(href, endpoint))
      throw this.#failure(pointer, `the download address ${shown(href.split('?')[0] ?? '')} is not https`)
    const [own, wanted] = [hostOf(endpoint), hostOf(href)]
    const reach = own === wanted ? 'public' : await reachOfHost(wanted)
    if (reach === null || reach === 'public' || admits(await reachOfHost(own), reach)) return
    throw this.#failure(pointer, `the download lies at a ${reach} address, which this repository may not ask`)
  }

  #refused(pointer: Pointer, status: number): HoldfastError {
    const { access, url } = this.#options
    if (status === 401 || status === 403) {
      const action = /^https?:/.test(url)
        ? `Check the credentials${access.from === '' ? '' : ` in ${access.from}`}.`
        : 'LFS is asked by https, without the ssh key: use an https repoURL with credentials.'
      return this.#failure(pointer, `the LFS server refused (HTTP ${status})`, { code: 'HF1005', action })
    }
    return this.#failure(pointer, `the LFS server answered HTTP ${status}`)
  }

  #failure(pointer: Pointer, why: string, more: { code?: ProblemCode; action?: string } = {}): HoldfastError {
    const { url } = this.#options
    const message = `${url}: LFS file ${pointer.oid.slice(0, 12)}: ${why}`
    return new HoldfastError(problem(more.code ?? 'HF1001', message, { repository: url }, more.action))
  }
}

function isWhole(content: Buffer, { oid, size }: Pointer): boolean {
  return content.length === size && createHash('sha256').update(content).digest('hex') === oid
}
