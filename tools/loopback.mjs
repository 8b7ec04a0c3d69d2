// @ts-check
import { timingSafeEqual } from 'node:crypto'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'

/** @typedef {{ username: string, password: string }} Credentials */

/** @param {import('node:http').RequestListener} answer @param {import('./tls.mjs').ServerTls} [tls] https when given */
export function createWebServer(answer, tls) {
  if (!tls) return createHttp(answer)
  const { certificate: cert, key, clientAuthority: ca } = tls
  return createHttps({ cert, key, ...(ca ? { ca, requestCert: true, rejectUnauthorized: true } : {}) }, answer)
}

/** @param {import('node:net').Server} server @param {number} port 0 for any that is free @returns {Promise<number>} */
export function listenOnLoopback(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

/** Whether an `authorization` header carries these credentials. @param {string | undefined} header @param {Credentials} credentials */
export function carries(header, { username, password }) {
  const wanted = Buffer.from(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`)
  const given = Buffer.from(header ?? '')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
