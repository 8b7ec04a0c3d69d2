// @ts-check
import { spawn } from 'node:child_process'
import { gitEnvironment } from './git-repository.mjs'

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

/**
 * Answers one smart-http request by the CGI program `git http-backend`.
 * @param {{ backend: string, directory: string, user?: string | undefined, onPack?: (url: string) => void }} options
 *   `user`: who logged in; only then may they push. `onPack` hears of each pack sent, once
 * @param {Request} request
 * @param {Response} response
 */
export function serveGit({ backend, directory, user, onPack }, request, response) {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost')
  const child = spawn(backend, [], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...gitEnvironment(),
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      GATEWAY_INTERFACE: 'CGI/1.1',
      REMOTE_ADDR: '127.0.0.1',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      ...(user ? { REMOTE_USER: user } : {}),
      ...headerVariables(request),
    },
  })
  child.stdin.on('error', () => {})
  request.pipe(child.stdin)
  response.on('close', () => child.kill())
  child.on('error', () => response.writeHead(500).end())
  relay(child.stdout, response)
  if (!onPack || !pathname.endsWith('/git-upload-pack')) return
  const sign = /version=2/.test(String(request.headers['git-protocol'])) ? '000dpackfile\n' : 'PACK'
  onFirst(sign, child.stdout, () => onPack(request.url ?? ''))
}

/**
 * Of the several requests that a fetch may take the one that ends it is answered with a pack: behind `packfile` in
 * protocol version 2, and beginning with `PACK` in the versions before.
 * @param {string} sign @param {import('node:stream').Readable} output @param {() => void} found
 */
function onFirst(sign, output, found) {
  let seen = Buffer.alloc(0)
  const look = (/** @type {Buffer} */ chunk) => {
    seen = Buffer.concat([seen, chunk])
    const there = seen.includes(sign)
    if (there || seen.length > 1_000_000) output.off('data', look)
    if (there) found()
  }
  output.on('data', look)
}

/** @param {Request} request @returns {Record<string, string>} */
function headerVariables({ headers }) {
  const wanted = {
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol'],
  }
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
}

/** Splits the program's output at the empty line into headers and body. @param {import('node:stream').Readable} output @param {Response} response */
function relay(output, response) {
  let head = Buffer.alloc(0)
  const onHead = (/** @type {Buffer} */ chunk) => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    output.off('data', onHead)
    writeHead(head.subarray(0, end).toString('latin1'), response)
    response.write(head.subarray(end + 4))
    output.pipe(response)
  }
  output.on('data', onHead)
  output.on('end', () => {
    if (!response.headersSent) response.writeHead(502).end()
  })
}

/** @param {string} head @param {Response} response */
function writeHead(head, response) {
  const fields = head.split('\r\n').map((line) => /** @type {[string, string]} */ (line.split(/:\s*(.*)/s, 2)))
  const status = fields.find(([name]) => name.toLowerCase() === 'status')?.[1]
  for (const [name, value] of fields) if (name.toLowerCase() !== 'status') response.setHeader(name, value)
  response.writeHead(status ? Number.parseInt(status, 10) : 200)
}
