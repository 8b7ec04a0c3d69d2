/** Which place of the API a request was about. */
export interface AuditTarget {
  readonly group: string
  readonly version: string
  /** The plural of the URL. */
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

export type AuditVerb = 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** A mutating webhook that changed the object on its way in. `pointers`: what it changed, where the log says so. */
export interface AuditMutation {
  readonly configuration: string
  readonly webhook: string
  readonly pointers: readonly string[] | null
}

/**
 * One write that the API server accepted, as its audit log tells it. It holds places, never values: what was sent and
 * what came of it stand here as imprints.
 */
export interface Fact {
  readonly auditID: string
  readonly verb: AuditVerb
  readonly target: AuditTarget
  /** '' = the log does not say. */
  readonly uid: string
  /** Of the object after the write; '' = the log does not say. */
  readonly resourceVersion: string
  /** Of the object after the write; 0 = the log does not say, or the kind has none. */
  readonly generation: number
  /** The resourceVersion that the request was guarded by; '' = none. */
  readonly basedOn: string
  /** Epoch ms. */
  readonly received: number
  readonly time: number
  readonly user: string
  readonly groups: readonly string[]
  /** Whom `user` acted as; null = nobody. */
  readonly impersonatedUser: string | null
  readonly sourceIPs: readonly string[]
  readonly userAgent: string
  /** The field manager that managedFields name for it. */
  readonly manager: string
  /** Server-side apply; null = the log does not say. */
  readonly apply: boolean | null
  /** Imprint of the request's body; null = not in the log. */
  readonly sent: string | null
  /** `json` = a JSON Patch; `partial` = a merge, strategic merge or apply patch; `whole` = the object. */
  readonly sentAs: 'json' | 'partial' | 'whole'
  /** Imprint of the object as stored; null = not in the log. */
  readonly after: string | null
  /** apiVersion of `after`. */
  readonly afterVersion: string
  readonly mutations: readonly AuditMutation[]
  /** Of a deletecollection: what it selected by labels and fields, and what it deleted where the log says so. */
  readonly selector: { readonly labels: string; readonly fields: string } | null
  readonly items: readonly { readonly name: string; readonly uid: string }[] | null
}

/** What a line of an audit log came to. */
export type AuditReading =
  | { readonly kind: 'fact'; readonly fact: Fact }
  /** No write, a write that changed nothing, or one of those that nobody asks after. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'garbage' }
