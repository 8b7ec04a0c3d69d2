// References to container images: `registry:port/team/app:tag@digest`.

export interface ImageName {
  readonly repository: string
  /** '' = none. */
  readonly tag: string
  readonly digest: string
}

/** As kustomize and the runtimes cut it, whatever it holds; the port of a registry is no tag. */
export function splitImage(text: string): ImageName {
  const slash = Math.max(text.indexOf('/'), 0)
  const at = text.indexOf('@', slash)
  const colon = text.indexOf(':', slash)
  const isTagged = colon >= 0 && (at < 0 || colon < at)
  const end = at < 0 ? text.length : at
  return {
    repository: text.slice(0, isTagged ? colon : end),
    tag: isTagged ? text.slice(colon + 1, end) : '',
    digest: at < 0 ? '' : text.slice(at + 1),
  }
}

export function formatImage({ repository, tag, digest }: ImageName): string {
  return `${repository}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`
}

const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?$/
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
const LONGEST = 255

function repositoryFault(repository: string): string | null {
  const segments = repository.split('/')
  const [first = ''] = segments
  const hasHost = segments.length > 1 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  if (hasHost && !HOST.test(first)) return `${JSON.stringify(first)} is no registry`
  const wrong = (hasHost ? segments.slice(1) : segments).find((segment) => !COMPONENT.test(segment))
  if (wrong !== undefined) return `${JSON.stringify(wrong)} is no part of a repository’s name`
  return repository.length > LONGEST ? 'the repository’s name is too long' : null
}

/** What keeps a registry from taking it; null = nothing. */
export function imageFault({ repository, tag, digest }: ImageName): string | null {
  const fault = repositoryFault(repository)
  if (fault !== null) return fault
  if (tag !== '' && !TAG.test(tag)) return `${JSON.stringify(tag)} is no tag`
  return digest === '' || DIGEST.test(digest) ? null : `${JSON.stringify(digest)} is no digest such as sha256:<64 hex>`
}
