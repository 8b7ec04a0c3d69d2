import { normalRepository } from './repository-url.ts'
import type { RepositoryAccess, SourceSettings } from './source-settings-types.ts'

function normal(url: string): string {
  return normalRepository(url.trim().replace(/\/+$/, ''))
}

/** Host and port of a normal URL, `git@host/path` and `registry/path` included. */
function hostOf(url: string): string {
  const rest = url.slice(url.indexOf('://') < 0 ? 0 : url.indexOf('://') + '://'.length)
  const authority = rest.split(/[/?#\\]/)[0] ?? ''
  return authority.slice(authority.lastIndexOf('@') + 1)
}

/**
 * Begins-with as in Argo CD, except that the host must be the same to its end: a template for `https://git.example` is
 * not for `https://git.example.evil.test`.
 */
function serves(template: RepositoryAccess, repository: string): boolean {
  const prefix = normal(template.url)
  const host = hostOf(prefix)
  return host !== '' && host === hostOf(repository) && repository.startsWith(prefix)
}

function hasCredentials(access: RepositoryAccess): boolean {
  const { username, password, bearerToken, sshPrivateKey, tlsClientCertData, githubApp } = access
  return (
    [username, password, bearerToken, sshPrivateKey, tlsClientCertData].some((text) => text !== '') ||
    githubApp !== null
  )
}

function withCredentials(access: RepositoryAccess, template: RepositoryAccess): RepositoryAccess {
  return {
    ...access,
    username: template.username,
    password: template.password,
    bearerToken: template.bearerToken,
    sshPrivateKey: template.sshPrivateKey,
    tlsClientCertData: template.tlsClientCertData,
    tlsClientCertKey: template.tlsClientCertKey,
    githubApp: template.githubApp,
    proxy: access.proxy === '' ? template.proxy : access.proxy,
    noProxy: access.noProxy === '' ? template.noProxy : access.noProxy,
    enableOCI: access.enableOCI || template.enableOCI,
    insecureOCIForceHttp: access.insecureOCIForceHttp || template.insecureOCIForceHttp,
    forceHttpBasicAuth: access.forceHttpBasicAuth || template.forceHttpBasicAuth,
  }
}

/**
 * How an Application of `project` reaches the repository; null = nothing is said about it. The Secret for this URL wins
 * (the project's own before one for all), without credentials it takes those of the template; else the template with
 * the longest URL that the repository's begins with. Secrets of other projects do not count.
 */
export function accessFor(
  settings: Pick<SourceSettings, 'repositories'>,
  url: string,
  project: string,
): RepositoryAccess | null {
  const repository = normal(url)
  const open = settings.repositories.filter((access) => access.project === '' || access.project === project)
  const own = open.filter(({ project: only }) => only !== '')
  const ordered = [...own, ...open.filter(({ project: only }) => only === '')]
  const exact = ordered.find((access) => access.kind === 'repository' && normal(access.url) === repository)
  if (exact !== undefined && hasCredentials(exact)) return exact
  let template: RepositoryAccess | null = null
  for (const access of ordered) {
    if (access.kind !== 'template' || !serves(access, repository)) continue
    if (template === null || normal(access.url).length > normal(template.url).length) template = access
  }
  if (exact === undefined) return template
  return template === null ? exact : withCredentials(exact, template)
}
