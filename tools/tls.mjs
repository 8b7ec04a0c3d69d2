// @ts-check
import { createAuthority, issue } from './certificates.mjs'

/**
 * @typedef {object} ServerTls what a test server needs for https
 * @property {string} certificate PEM
 * @property {string} key PEM
 * @property {string} [clientAuthority] PEM; with it only clients with a certificate of this authority get in
 */
/**
 * @typedef {object} LoopbackTls
 * @property {string} ca PEM that clients must trust; no machine does by itself
 * @property {ServerTls} server for `127.0.0.1` and `localhost`
 * @property {ServerTls} mutual the same, and clients must show a certificate made by `client`
 * @property {(commonName: string) => import('./certificates.mjs').Pem} client
 */

/** An authority of its own, and what it vouches for. @param {string} [commonName] @returns {LoopbackTls} */
export function createLoopbackTls(commonName = 'Holdfast Test Authority') {
  const authority = createAuthority(commonName)
  const { certificate, key } = issue(authority, {
    ...{ usage: 'server', commonName: 'localhost' },
    hosts: ['127.0.0.1', 'localhost'],
  })
  return {
    ca: authority.certificate,
    server: { certificate, key },
    mutual: { certificate, key, clientAuthority: authority.certificate },
    client: (name) => issue(authority, { usage: 'client', commonName: name }),
  }
}
