// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { clusterConfig } from '../dist/adapters/kube-http/index.js'
import { credentialsFor } from '../dist/adapters/kube-http/credentials.js'
import { endpointOf } from '../dist/adapters/kube-http/endpoint.js'
import { systemClock } from '../dist/adapters/system-clock/index.js'

/** @typedef {{ apiVersion?: string, kind?: string, metadata: any, [field: string]: any }} KubeObject */
/** @typedef {{ type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject, at: number }} Seen `at` is `performance.now()` */
/**
 * @typedef {object} SendOptions
 * @property {object | string} [body] a string is sent as it is
 * @property {string} [type] content type; default application/json
 * @property {boolean} [missing] answer undefined instead of failing when there is no such object
 */
/**
 * A small client of the API server that shares no request path with the program that it looks at.
 * @typedef {object} KubeClient
 * @property {string} server
 * @property {(method: string, path: string, options?: SendOptions) => Promise<any>} send parsed answer; throws KubeError
 * @property {(path: string, onEvent: (seen: Seen) => void) => Promise<() => void>} watch starts with what is there, and tells it again when it had to begin anew; returns how to stop
 * @property {() => Promise<void>} close
 */

const BUSY_TRIES = 100
const BUSY_MS = 100

export class KubeError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message)
    this.name = 'KubeError'
    this.status = status
  }
}

export const PATCH = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

/**
 * Path of an object or, without a name, of a collection.
 * @param {string} resource `deployments.apps/v1`, `configmaps.v1`
 * @param {{ namespace?: string, name?: string, subresource?: string, query?: Record<string, string> }} [where]
 */
export function pathOf(resource, { namespace, name, subresource, query } = {}) {
  const [plural = '', ...rest] = resource.split('.')
  const groupVersion = rest.join('.')
  const parts = [groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`]
  if (namespace) parts.push('namespaces', namespace)
  parts.push(plural)
  if (name) parts.push(name)
  if (subresource) parts.push(subresource)
  return parts.join('/') + (query ? `?${new URLSearchParams(query)}` : '')
}

/**
 * @param {{ kubeconfig: string, userAgent?: string }} options
 * @returns {Promise<KubeClient>}
 */
export async function openCluster({ kubeconfig, userAgent = 'holdfast-onlooker' }) {
  const config = clusterConfig({ kubeconfig, env: process.env, inCluster: 'never' })
  const endpoint = endpointOf(config)
  const credentials = credentialsFor({ config, env: process.env, clock: systemClock, execTimeoutMs: 30_000 })
  const { certificate } = await credentials.current()
  const open = (/** @type {number} */ connections) =>
    new Pool(endpoint.origin, { connections, pipelining: 1, connect: endpoint.tls(certificate), bodyTimeout: 0 })
  const [pool, watches] = [open(16), open(32)]
  /** @type {Set<() => void>} */ const stops = new Set()

  const headers = async () => ({ ...(await credentials.current()).headers, 'user-agent': userAgent })

  /** @type {KubeClient['send']} */
  const send = async (method, path, { body, type, missing } = {}) => {
    const answer = await pool.request({
      method: /** @type {any} */ (method),
      path: endpoint.prefix + path,
      headers: { ...(await headers()), accept: 'application/json', 'content-type': type ?? 'application/json' },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await answer.body.text()
    if (answer.statusCode === 404 && missing) return undefined
    if (answer.statusCode >= 300) throw new KubeError(answer.statusCode, `${method} ${path}: ${messageOf(text)}`)
    return text.startsWith('{') ? JSON.parse(text) : text
  }

  /** @type {KubeClient['watch']} */
  const watch = async (path, onEvent) => {
    const abort = new AbortController()
    const begin = async () =>
      watches.request({
        method: 'GET',
        path: `${endpoint.prefix}${path}${path.includes('?') ? '&' : '?'}watch=1`,
        headers: await headers(),
        signal: abort.signal,
      })
    const opened = async () => {
      const answer = await beginWhenReady(begin)
      if (answer.statusCode !== 200)
        throw new KubeError(answer.statusCode, `watch ${path}: ${await answer.body.text()}`)
      let rest = ''
      answer.body.setEncoding('utf8')
      answer.body.on('data', (chunk) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line !== '') onEvent({ ...JSON.parse(line), at: performance.now() })
      })
      answer.body.on('error', () => {})
      // The server closes a watch after a while, and one whose client is slow at once: what is there is told again then.
      answer.body.on('close', () => {
        if (!abort.signal.aborted) opened().catch(() => {})
      })
    }
    await opened()
    const stop = () => {
      stops.delete(stop)
      abort.abort()
    }
    stops.add(stop)
    return stop
  }

  return {
    ...{ server: config.server, send, watch },
    close: async () => {
      for (const stop of stops) stop()
      await Promise.all([pool.destroy(), watches.destroy()])
    },
  }
}

/**
 * The storage of a kind that was just defined is not ready at once.
 * @param {() => Promise<import('undici').Dispatcher.ResponseData>} begin
 */
async function beginWhenReady(begin) {
  let answer = await begin()
  for (let tries = 0; answer.statusCode === 429 && tries < BUSY_TRIES; tries++) {
    await answer.body.dump()
    await sleep(BUSY_MS)
    answer = await begin()
  }
  return answer
}

/** @param {string} text */
function messageOf(text) {
  try {
    return JSON.parse(text).message ?? text
  } catch {
    return text
  }
}
