// What is known of other objects when one is compared: small facts, as evidence of who else may write.
import type { Json, Labels } from '../kube/index.ts'

/** An autoscaler in the namespace of the object compared. */
export interface Autoscaler {
  /** `HorizontalPodAutoscaler` where nothing is said. */
  readonly kind?: string
  readonly name: string
  readonly targetGroup: string
  readonly targetKind: string
  readonly targetName: string
  readonly min: number
  readonly max: number
  /** Counts outside the bounds that it sets all the same: idle, paused. */
  readonly also?: readonly number[]
  readonly desiredReplicas: number | null
}

/** How much of one resource a VerticalPodAutoscaler may give; null = as much as it finds right. */
export interface Allowance {
  readonly min: Json | null
  readonly max: Json | null
}

/** What a VerticalPodAutoscaler may do to one container, or to those it does not name (`*`). */
export interface ContainerAllowance {
  readonly container: string
  readonly off: boolean
  readonly limits: boolean
  /** By resource. */
  readonly resources: Readonly<Record<string, Allowance>>
}

/** A VerticalPodAutoscaler in the namespace of the object compared that is not off. */
export interface VerticalAutoscaler {
  readonly name: string
  readonly targetGroup: string
  readonly targetKind: string
  readonly targetName: string
  readonly containers: readonly ContainerAllowance[]
}

/** An object that names others. */
export interface NamingFact {
  /** `group/Kind` */
  readonly kind: string
  readonly name: string
  /** What stands at the paths that rules look at, by path. */
  readonly names: Readonly<Record<string, readonly string[]>>
}

/** One mutating webhook. */
export interface InjectorFact {
  readonly configuration: string
  readonly hook: string
  /** `group/resource` pairs that it is called for when they are created or updated; `*` stands for any. */
  readonly resources: readonly string[]
  readonly namespaceSelector?: Json
  readonly objectSelector?: Json
}

export interface NamespaceFact {
  readonly labels: Labels
  readonly annotations: Labels
}

/** What is known of other objects when one is compared. */
export interface Neighbours {
  readonly autoscalers: readonly Autoscaler[]
  readonly vertical?: readonly VerticalAutoscaler[]
  readonly naming?: readonly NamingFact[]
  readonly injectors?: readonly InjectorFact[]
  /** The namespace of the object compared. */
  readonly namespace?: NamespaceFact
  /** Kinds (`group/Kind`) that were looked at; without it all were. A comparison names those it would have needed. */
  readonly known?: ReadonlySet<string>
}
