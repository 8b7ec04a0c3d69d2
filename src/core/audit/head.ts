// What can be told of an event by its first bytes, before it is parsed: most of a log is of no use.

/** As the API server writes them, in this order: of its own struct. Other writers' events are parsed whole. */
const HEAD =
  /^\{(?:"kind":"Event","apiVersion":"audit\.k8s\.io\/v1",)?"level":"(\w+)","auditID":"[^"\\]*","stage":"(\w+)","requestURI":"((?:[^"\\]|\\.)*)","verb":"(\w+)"/
/** Long enough for everything up to the verb unless somebody sends a very long URL. */
const HEAD_LENGTH = 2_048

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

/** Resources that change all the time and that nobody declares: about 95 of 100 writes of a cluster. */
const NOISE: ReadonlySet<string> = new Set([
  'leases',
  'events',
  'endpointslices',
  'tokenreviews',
  'subjectaccessreviews',
  'selfsubjectaccessreviews',
  'selfsubjectrulesreviews',
  'selfsubjectreviews',
  'localsubjectaccessreviews',
])

/** Subresources by which what is declared is written; `eviction` deletes. All others change no declared state. */
const DECLARATIVE: ReadonlySet<string> = new Set(['', 'scale', 'eviction', 'ephemeralcontainers', 'resize', 'finalize'])

export const isWrite = (verb: string): boolean => WRITES.has(verb)

export function isNoise(resource: string, subresource: string): boolean {
  return NOISE.has(resource) || !DECLARATIVE.has(subresource)
}

interface Asked {
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

/** Group and what follows the version; null = no path of the resource API. */
function apiOf(path: string): { readonly group: string; readonly rest: readonly string[] } | null {
  const [, root, first = '', ...others] = path.split('/')
  if (root === 'api') return { group: '', rest: others }
  return root === 'apis' ? { group: first, rest: others.slice(1) } : null
}

/** Which object a request path names; null = none of the resource API. */
function askedFor(path: string): Asked | null {
  const api = apiOf(path)
  if (api === null) return null
  const { group, rest } = api
  const within = rest[0] === 'namespaces' && rest.length > 2 && !isOfNamespace(rest)
  const [namespace = '', resource = '', name = '', subresource = ''] = within ? rest.slice(1) : ['', ...rest]
  return resource === '' ? null : { group, namespace, resource, subresource, name }
}

/** `namespaces/NAME/finalize` and `…/status` are the Namespace's own. */
function isOfNamespace(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === 'finalize' || rest[2] === 'status')
}

/** Of no use by stage and verb alone. */
const isIdle = (level = '', stage = '', verb = ''): boolean =>
  level === 'None' || stage !== 'ResponseComplete' || !isWrite(verb)

export interface Glance {
  readonly verb: string
  readonly asked: Asked
}

/** `drop`: certainly of no use. Otherwise whose write it is, as far as the first bytes say. */
export function glance(line: string): 'drop' | 'look' | Glance {
  const head = HEAD.exec(line.length > HEAD_LENGTH ? line.slice(0, HEAD_LENGTH) : line)
  if (head === null) return 'look'
  const [, level, stage, uri = '', verb = ''] = head
  if (isIdle(level, stage, verb)) return 'drop'
  const [path = '', query = ''] = uri.split('?', 2)
  const asked = askedFor(path)
  if (asked === null || isNoise(asked.resource, asked.subresource)) return 'drop'
  return DRY_RUN.test(query) ? 'drop' : { verb, asked }
}

export const isNoUse = (line: string): boolean => glance(line) === 'drop'

const DRY_RUN = /(?:^|&|\\u0026)dryRun=/
