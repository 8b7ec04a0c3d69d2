// Where a repository has moved to. git follows no redirect by itself: it would take the credentials along, to any host.
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { shown } from './address.ts'
import type { GitAccess } from './access.ts'

const SUFFIX = '/info/refs?service=git-upload-pack'
const HOPS = 5
const ANSWER_BYTES = 1024 * 1024

const trimmed = (url: string): string => url.replace(/\/+$/, '')

function refused(url: string, target: string, why: string): HoldfastError {
  const message = `${url} sends on to ${shown(target)}, ${why}`
  const action = 'Name the repository’s present address in repoURL, and give that its own credentials.'
  return new HoldfastError(problem('HF1001', message, { repository: url }, action))
}

/** Host and port alike, or the plain host's step up to https. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.host === to.host && from.protocol === to.protocol) return true
  const upgraded = from.protocol === 'http:' && to.protocol === 'https:'
  return upgraded && from.hostname === to.hostname && from.port === '' && to.port === ''
}

function step(url: string, current: string, location: string): string {
  const base = `${trimmed(current)}${SUFFIX}`
  const target = URL.canParse(location, base) ? new URL(location, base) : null
  if (target === null) throw refused(url, location, 'which is no URL')
  const shownTarget = `${target.protocol}//${target.host}${target.pathname}`
  if (!isSameHost(new URL(current), target)) throw refused(url, shownTarget, 'which is another host or scheme')
  const [path, query] = SUFFIX.split('?')
  if (!target.pathname.endsWith(path ?? '') || target.search !== `?${query}`)
    throw refused(url, shownTarget, 'which is not a Git repository')
  return `${target.protocol}//${target.host}${target.pathname.slice(0, -(path ?? '').length)}`
}

/** The address on the same host that `url` (http or https) sends on to. Throws HF1001 when it is another host's. */
export async function movedTo(url: string, access: GitAccess, signal: AbortSignal): Promise<string> {
  let current = url
  const authorization = await access.authorization()
  for (let hop = 0; hop < HOPS; hop += 1) {
    const asked = access.http.send({
      url: `${trimmed(current)}${SUFFIX}`,
      headers: { 'user-agent': 'git/holdfast', ...(authorization === null ? {} : { authorization }) },
      ...{ maxBytes: ANSWER_BYTES, signal },
    })
    const reply = await asked.catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      throw new HoldfastError(problem('HF1001', `${url}: ${why}`, { repository: url }))
    })
    if (reply.status < 300 || reply.status >= 400) return current
    current = step(url, current, reply.location)
  }
  throw refused(url, current, 'and on and on')
}
