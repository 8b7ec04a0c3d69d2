// What a watch needs of a connection, whatever the protocol below.
import type { Identity } from './credentials.ts'

/** One streaming GET. Callbacks come in the order status, data…, end; end comes exactly once unless closed first. */
export interface StreamCall {
  /** Path and query, without the prefix of the server URL. */
  readonly path: string
  readonly onStatus: (status: number) => void
  readonly onData: (chunk: Buffer) => void
  /** null = the body ended cleanly. */
  readonly onEnd: (error: Error | null) => void
}

export interface StreamHandle {
  /** No callback comes after this. */
  close(): void
}

export interface WatchTransport {
  open(call: StreamCall, identity: Identity): StreamHandle
  close(): void
}
