// A Git host says that somebody pushed: which repositories, and whether it is the host that says so.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What proves a sender, by the keys of `argocd-secret` (`webhook.github.secret`, …); absent = none is asked for. */
export type WebhookSecrets = Readonly<Record<string, string>>

/** `urls`: every address that the message gives its repository. */
export type Push =
  | { readonly state: 'push'; readonly provider: string; readonly urls: readonly string[] }
  | { readonly state: 'other'; readonly provider: string }
  | { readonly state: 'refused'; readonly status: 400 | 401; readonly reason: string }

interface Message {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly secrets: WebhookSecrets
}

interface Provider {
  readonly name: string
  /** The header that only this provider sends; the first provider whose header is there counts. */
  readonly header: string
  readonly pushes: RegExp
  readonly keys: readonly string[]
  proves(message: Message, secret: string): boolean
}

const text = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '')

/** In a time that tells nothing of how much of it is right. */
function same(given: string, wanted: string): boolean {
  const digest = (value: string): Buffer => createHmac('sha256', 'compare').update(value).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}

function signed(header: string, prefix: string): Provider['proves'] {
  return ({ headers, body }, secret) =>
    same(text(headers[header]), prefix + createHmac('sha256', secret).update(body).digest('hex'))
}

const token =
  (header: string): Provider['proves'] =>
  ({ headers }, secret) =>
    same(text(headers[header]), secret)

const PUSH = /^(push|create|delete)$/

// Gogs and Gitea send GitHub's headers as well, so they are looked for first.
const PROVIDERS: readonly Provider[] = [
  {
    ...{ name: 'azuredevops', header: 'x-vss-activityid', pushes: /^git\.push$/ },
    keys: ['webhook.azuredevops.username', 'webhook.azuredevops.password'],
    proves: ({ headers, secrets }) => {
      const pair = `${secrets['webhook.azuredevops.username'] ?? ''}:${secrets['webhook.azuredevops.password'] ?? ''}`
      return same(text(headers.authorization), `Basic ${Buffer.from(pair).toString('base64')}`)
    },
  },
  {
    ...{ name: 'gitea', header: 'x-gitea-event', pushes: PUSH, keys: ['webhook.gogs.secret'] },
    proves: signed('x-gitea-signature', ''),
  },
  {
    ...{ name: 'gogs', header: 'x-gogs-event', pushes: PUSH, keys: ['webhook.gogs.secret'] },
    proves: signed('x-gogs-signature', ''),
  },
  {
    ...{ name: 'github', header: 'x-github-event', pushes: PUSH, keys: ['webhook.github.secret'] },
    proves: signed('x-hub-signature-256', 'sha256='),
  },
  {
    ...{ name: 'gitlab', header: 'x-gitlab-event', pushes: /^(Push|Tag Push|System) Hook$/ },
    keys: ['webhook.gitlab.secret'],
    proves: token('x-gitlab-token'),
  },
  {
    ...{ name: 'bitbucket', header: 'x-hook-uuid', pushes: /./, keys: ['webhook.bitbucket.uuid'] },
    proves: token('x-hook-uuid'),
  },
  {
    ...{ name: 'bitbucketserver', header: 'x-event-key', pushes: /^(repo:refs_changed|repo:push)$/ },
    keys: ['webhook.bitbucketserver.secret'],
    proves: signed('x-hub-signature', 'sha256='),
  },
]

type Node = Readonly<Record<string, unknown>>

const at = (node: unknown, name: string): unknown =>
  typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? (node as Node)[name] : undefined

const REPOSITORY_URLS = [
  ...['clone_url', 'ssh_url', 'html_url', 'git_http_url', 'git_ssh_url', 'web_url', 'remoteUrl', 'sshUrl'],
  ...['git_url', 'homepage'],
]

function urlsIn(payload: unknown): string[] {
  const places = [at(payload, 'repository'), at(payload, 'project'), at(at(payload, 'resource'), 'repository')]
  const found = places.flatMap((place) => [
    ...REPOSITORY_URLS.map((name) => at(place, name)),
    at(at(at(place, 'links'), 'html'), 'href'),
    ...[at(at(place, 'links'), 'clone')].flat().map((link) => at(link, 'href')),
  ])
  return [...new Set(found.filter((url): url is string => typeof url === 'string' && url.length <= 2_000))]
}

function eventOf(provider: Provider, headers: IncomingHttpHeaders, payload: unknown): string {
  if (provider.name === 'azuredevops') return text(at(payload, 'eventType') as string | undefined)
  return text(headers[provider.header])
}

/** Reads one message. Nothing in it is trusted: it can only make Holdfast look at a repository that it delivers from. */
export function readPush(message: Message): Push {
  const provider = PROVIDERS.find(({ header }) => message.headers[header] !== undefined)
  if (provider === undefined) return { state: 'refused', status: 400, reason: 'not a webhook of a known Git host' }
  const secret = provider.keys.map((key) => message.secrets[key] ?? '').find((value) => value !== '')
  if (secret !== undefined && !provider.proves(message, secret))
    return { state: 'refused', status: 401, reason: `the signature is not the one of ${provider.keys.join(', ')}` }
  let payload: unknown
  try {
    payload = JSON.parse(message.body.toString('utf8'))
  } catch {
    return { state: 'refused', status: 400, reason: 'the body is not JSON' }
  }
  const { name } = provider
  if (!provider.pushes.test(eventOf(provider, message.headers, payload))) return { state: 'other', provider: name }
  return { state: 'push', provider: name, urls: urlsIn(payload) }
}
