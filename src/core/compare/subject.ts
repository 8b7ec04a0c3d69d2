// Of whom is evidence asked, and about what?
import type { FieldPath, Json, KubeObject, ObjectRef } from '../kube/index.ts'
import type { Neighbours } from './neighbours.ts'

export interface Subject {
  readonly ref: ObjectRef
  readonly desired: KubeObject
  readonly neighbours: Neighbours
  /** Where the pod template of this kind stands; null when it has none. [] = the object is a pod itself. */
  readonly template: readonly string[] | null
  /** The server's own form is known: what admission does to this very kind is in it. */
  readonly hasForm: boolean
}

export interface Claimed {
  readonly path: FieldPath
  readonly desired: Json | undefined
  readonly live: Json | undefined
}
