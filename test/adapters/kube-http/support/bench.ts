// A client on a scripted server, with the events of one watched kind collected.
import {
  connect,
  type Cluster,
  type ClusterConfig,
  type ConnectOptions,
} from '../../../../src/adapters/kube-http/index.ts'
import type { KindInfo, WatchEvent } from '../../../../src/ports/cluster-reader.ts'
import type { Log } from '../../../../src/ports/log.ts'
import { FakeClock } from './fake-clock.ts'
import type { Reply, ScriptedRequest, ScriptedServer } from './scripted-server.ts'

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

export const CONFIG_MAP: KindInfo = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  namespaced: true,
  verbs: ['list', 'watch'],
  subresources: [],
}

export function configFor(
  server: Pick<ScriptedServer, 'url' | 'ca'>,
  user: Partial<ClusterConfig['user']> = {},
): ClusterConfig {
  return {
    server: server.url,
    origin: 'test',
    namespace: 'default',
    ca: server.ca === '' ? null : { data: Buffer.from(server.ca) },
    insecure: false,
    serverName: null,
    proxyUrl: null,
    user: { token: 'T', tokenFile: null, basic: null, certificate: null, exec: null, impersonate: null, ...user },
  }
}

export interface Bench {
  readonly clock: FakeClock
  readonly cluster: Cluster
}

export async function bench(
  server: Pick<ScriptedServer, 'url' | 'ca'>,
  options: Partial<ConnectOptions> = {},
): Promise<Bench> {
  const clock = new FakeClock()
  const base = { config: configFor(server), env: {}, version: '9.9.9', clock, log: silent, random: () => 0.5 }
  return { clock, cluster: await connect({ ...base, ...options }) }
}

/** One word per event: `+ns/name@rv`, `~…` for those of a list, `-ns/name uid`, `=count@rv`, `!code`. */
export function say(event: WatchEvent): string {
  switch (event.type) {
    case 'upsert': {
      const { namespace = '', name, resourceVersion } = event.object.metadata
      return `${event.initial ? '~' : '+'}${namespace}/${name}@${resourceVersion}`
    }
    case 'delete':
      return `-${event.ref.namespace}/${event.ref.name} ${event.uid}`
    case 'relisted':
      return `=${event.count}@${event.resourceVersion}`
    case 'trouble':
      return `!${event.error.message.slice(0, 6)}`
    default:
      return event satisfies never
  }
}

export function configMap(name: string, resourceVersion: string | number, uid = `u-${name}`, namespace = 'ns'): object {
  const metadata = { name, namespace, uid, resourceVersion: String(resourceVersion) }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata }
}

export function event(type: string, object: object): object {
  return { type, object }
}

export function bookmark(resourceVersion: string | number): object {
  return event('BOOKMARK', { kind: 'ConfigMap', metadata: { resourceVersion: String(resourceVersion) } })
}

export function list(resourceVersion: string | number, items: object[], token = ''): object {
  const metadata = { resourceVersion: String(resourceVersion), ...(token === '' ? {} : { continue: token }) }
  return { kind: 'ConfigMapList', apiVersion: 'v1', metadata, items }
}

export function status(code: number, reason: string, message: string, details: object = {}): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details }
}

/** A handler for lists and one for watches, each called in turn; the last one stays. */
export function script(steps: {
  lists: ((request: ScriptedRequest, reply: Reply) => void)[]
  watches: ((request: ScriptedRequest, reply: Reply) => void)[]
  other?: (request: ScriptedRequest, reply: Reply) => void
}): { handler: (request: ScriptedRequest, reply: Reply) => void; seen: ScriptedRequest[] } {
  const seen: ScriptedRequest[] = []
  const taken = { lists: 0, watches: 0 }
  const handler = (request: ScriptedRequest, reply: Reply): void => {
    seen.push(request)
    if (!request.path.endsWith('/configmaps'))
      return (steps.other ?? ((_r, out) => out.text(404, 'not here')))(request, reply)
    const kind = request.query.get('watch') === 'true' ? 'watches' : 'lists'
    const step = steps[kind][Math.min(taken[kind], steps[kind].length - 1)]
    taken[kind] += 1
    if (step === undefined) reply.text(500, 'no step')
    else step(request, reply)
  }
  return { handler, seen }
}
