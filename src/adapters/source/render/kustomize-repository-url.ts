// What kustomize takes for a repository among the entries of `resources` and `components`, and how it reads it.

export interface RepositoryReference {
  /** What git is given. May carry credentials. */
  readonly url: string
  /** Directory of the kustomization, from the root of that repository. */
  readonly path: string
  /** '' = HEAD. */
  readonly ref: string
}

const SCHEMES = ['ssh://', 'https://', 'http://', 'file://']

function cut(text: string, at: number, length = 0): [string, string] {
  return [text.slice(0, at), text.slice(at + length)]
}

function startsWith(text: string, prefix: string): boolean {
  return text.slice(0, prefix.length).toLowerCase() === prefix
}

/** Where the host ends: after the first `/`, or after `:` in `user@host:path`. */
function hostEnd(text: string, style: 'url' | 'scp'): number {
  const slash = text.indexOf('/')
  const colon = style === 'scp' ? text.indexOf(':') : -1
  return colon > 0 && (slash < 0 || colon < slash) ? colon : slash
}

/** GitHub is reached by ssh where the text says so, else by https. */
function githubHost(scheme: string, user: string): string {
  return scheme === 'ssh://' || user !== '' ? `${user}github.com:` : 'https://github.com/'
}

/** `git@host:` + `org/repo…`, `https://host/` + `org/repo…`; null when it is no address. */
function splitHost(text: string): [host: string, rest: string] | null {
  const scheme = SCHEMES.find((prefix) => startsWith(text, prefix)) ?? ''
  const afterScheme = text.slice(scheme.length)
  if (scheme === 'file://') return [scheme, afterScheme]
  const user = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(afterScheme)?.[0] ?? ''
  const address = afterScheme.slice(user.length)
  const isGithub = /^github\.com[/:]/i.test(address)
  if (scheme === '' && user === '' && !isGithub) return null
  const end = hostEnd(address, scheme === '' ? 'scp' : 'url')
  if (end < 0) return null
  const [host, rest] = cut(address, end + 1)
  return [isGithub ? githubHost(scheme, user) : scheme + user + host, rest]
}

/** The repository and the path in it: by `_git/`, `//` or `.git`, else the first two names are the repository. */
function splitPath(text: string, host: string): [repository: string, path: string] | null {
  const azure = text.indexOf('_git/')
  if (azure >= 0) {
    const [before, after] = cut(text, azure + '_git/'.length)
    const [name = '', ...rest] = after.split('/')
    return [before + name, rest.join('/')]
  }
  const double = text.indexOf('//')
  if (double >= 0) return cut(text, double, 2)
  const suffix = text.indexOf('.git')
  if (suffix >= 0) return cut(text, suffix + '.git'.length)
  if (host === 'file://') return [text, '']
  const names = text.split('/')
  return names.length < 2 ? null : [names.slice(0, 2).join('/'), names.slice(2).join('/')]
}

function refOf(query: string): string {
  const values = new URLSearchParams(query)
  return values.get('ref') || values.get('version') || ''
}

/** null when kustomize would take the text for a path of this machine. */
export function repositoryReference(text: string): RepositoryReference | null {
  if (text.startsWith('/')) return null
  const mark = text.indexOf('?')
  const [address, query] = mark < 0 ? [text, ''] : cut(text, mark, 1)
  const host = splitHost(startsWith(address, 'git::') ? address.slice('git::'.length) : address)
  const parts = host === null ? null : splitPath(host[1], host[0])
  if (host === null || parts === null || parts[0] === '') return null
  return { url: host[0] + parts[0], path: parts[1].replace(/^\//, ''), ref: refOf(query) }
}

/** Whether a URL can only mean a repository, so that nobody need ask for a file there. */
export function isMarkedRepository(text: string): boolean {
  const [address = '', query = ''] = text.split('?')
  return (
    /^[a-z]+:\/\/.*(?:\/\/|_git\/|\.git(?:\/|$))/i.test(address) ||
    /(?:^|&)(?:ref|version)=/.test(query) ||
    (/^https?:\/\/(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org)\//i.test(address) &&
      !/\/(?:raw|releases|-\/raw)\//.test(address))
  )
}
