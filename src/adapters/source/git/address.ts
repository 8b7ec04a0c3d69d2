import { isVersionRange, type SourceDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'

/** Where a repository is. `url` carries no credentials and is the only form that may be shown or put into arguments. */
export interface Address {
  readonly url: string
  readonly authorization: string | null
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u0020\u007f-\u009f\u2028\u2029]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
const SCHEMES = new Set(['http:', 'https:', 'file:', 'ssh:', 'git:'])
const SCP_LIKE = /^[A-Za-z0-9_][A-Za-z0-9._-]*@[A-Za-z0-9[][A-Za-z0-9.:[\]-]*:(?!:)[^:]*$/

/** A name safe to print: control characters escaped, length bounded, userinfo gone. */
export function shown(text: string): string {
  const clean = text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1')
  return JSON.stringify(clean.length > 200 ? `${clean.slice(0, 200)}…` : clean)
}

function invalid(repoURL: string, reason: string): HoldfastError {
  return new HoldfastError(
    problem('HF2001', `repoURL ${shown(repoURL)} ${reason}`, { repository: shown(repoURL).slice(1, -1) }),
  )
}

function unsupported(repoURL: string, reason: string): HoldfastError {
  const action = 'Use an http, https, ssh or file URL of a Git repository.'
  return new HoldfastError(
    problem('HF1013', `repoURL ${shown(repoURL)} ${reason}`, { repository: shown(repoURL).slice(1, -1) }, action),
  )
}

function parsed(repoURL: string): URL | undefined {
  try {
    return new URL(repoURL)
  } catch {
    return undefined
  }
}

/** Throws for URLs that a git command could take for something else than a repository's address. */
function checkURL(repoURL: string): void {
  if (repoURL === '' || UNPRINTABLE.test(repoURL))
    throw invalid(repoURL, 'is empty or holds spaces or control characters')
  if (repoURL.startsWith('-')) throw invalid(repoURL, 'begins with a dash')
  if (/^[A-Za-z0-9+.-]*::/.test(repoURL)) throw unsupported(repoURL, 'names a transport helper')
  if (!repoURL.includes('://')) {
    if (!SCP_LIKE.test(repoURL)) throw invalid(repoURL, 'is not a URL')
    return
  }
  const url = parsed(repoURL)
  if (url === undefined) throw invalid(repoURL, 'is not a URL')
  if (!SCHEMES.has(url.protocol)) throw unsupported(repoURL, `has the scheme ${url.protocol.slice(0, -1)}`)
  if (url.hostname.startsWith('-') || url.username.startsWith('-'))
    throw invalid(repoURL, 'has a host that begins with a dash')
}

/** Checks a repoURL and takes its credentials out. Throws HF2001 for what is no URL, HF1013 for a transport not offered. */
export function addressOf(repoURL: string): Address {
  checkURL(repoURL)
  const userinfo = /^(https?:\/\/)([^/@]*)@/i.exec(repoURL)
  const url = parsed(repoURL)
  if (userinfo === null || url === undefined) return { url: repoURL, authorization: null }
  const [all, scheme = ''] = userinfo
  const pair = `${decoded(url.username)}:${decoded(url.password)}`
  return {
    url: scheme + repoURL.slice(all.length),
    authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Refuses revisions that could be read as options or that git cannot know (HF1002). */
export function checkRevision(source: SourceDefinition, url: string): void {
  const revision = source.targetRevision
  const isPlain =
    revision !== '' && !CONTROL.test(revision) && !/^[-.]|\.\.|[ ~^:?*[\\]|@\{|\.lock$|\/$|\/\//.test(revision)
  if ((isPlain || isVersionRange(revision)) && revision.length <= 250) return
  const message = `targetRevision ${shown(revision)} is not a name that a branch, tag or commit can have`
  throw new HoldfastError(problem('HF1002', message, { repository: url, revision: shown(revision).slice(1, -1) }))
}

/** The segments of a source path. Throws HF1006 where it leaves the repository, HF1004 where no path can be so called. */
export function pathSegments(source: SourceDefinition, url: string): readonly string[] {
  const subject = { repository: url, path: shown(source.path).slice(1, -1) }
  if (CONTROL.test(source.path))
    throw new HoldfastError(problem('HF1004', `path ${shown(source.path)} holds control characters`, subject))
  if (source.path.startsWith('/'))
    throw new HoldfastError(problem('HF1006', `path ${shown(source.path)} is absolute`, subject))
  const segments = source.path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..'))
    throw new HoldfastError(problem('HF1006', `path ${shown(source.path)} leaves the repository`, subject))
  return segments
}
