// How is the server dialled: TLS, proxy, base path?
import type { ClusterConfig } from './config.ts'
import { type ClientCertificate, readMaterial } from './credentials.ts'

export interface TlsOptions {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly servername?: string
  readonly rejectUnauthorized: boolean
}

export interface Endpoint {
  /** Scheme, host and port. */
  readonly origin: string
  /** Path of the server URL, '' in the usual case. */
  readonly prefix: string
  readonly proxyUrl: string | null
  /** Read anew for every new set of connections, so that a rotated CA is found. */
  tls(certificate: ClientCertificate | null): TlsOptions
}

export function endpointOf(config: ClusterConfig): Endpoint {
  const url = new URL(config.server)
  return {
    origin: url.origin,
    prefix: url.pathname.replace(/\/+$/, ''),
    proxyUrl: config.proxyUrl,
    tls: (certificate) => ({
      rejectUnauthorized: !config.insecure,
      ...(config.ca === null ? {} : { ca: readMaterial(config.ca) }),
      ...(config.serverName === null ? {} : { servername: config.serverName }),
      ...(certificate === null ? {} : { cert: certificate.cert, key: certificate.key }),
    }),
  }
}
