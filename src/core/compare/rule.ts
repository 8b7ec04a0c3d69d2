// What a shipped rule is, and the three ways to write one.
import type { Json } from '../kube/index.ts'

/** How the live value must look for the rule to hold. */
export type ValueTest =
  | { readonly is: 'any' }
  | { readonly is: 'one-of'; readonly values: readonly Json[] }
  /** Equal to a value in the same live object, e.g. `metadata.uid`. */
  | { readonly is: 'equal-to'; readonly path: readonly string[] }
  /** A text that the text at `path` in the same live object begins with. */
  | { readonly is: 'beginning-of'; readonly path: readonly string[] }
  /** Equal to the member of the same name of another map in the same live object. */
  | { readonly is: 'same-member'; readonly path: readonly string[] }
  /** Equal to another member of the same parent map, which Git declares: two that stand for each other prove nothing. */
  | { readonly is: 'declared'; readonly name: string }
  /** Equal to another member of the same parent map. */
  | { readonly is: 'sibling'; readonly name: string }
  /** A list of just another member of the same parent map. */
  | { readonly is: 'list-of'; readonly name: string }
  /** What a LimitRange's item for containers derives from its other members. */
  | { readonly is: 'derived-limit' }
  /** The limit of the same resource. */
  | { readonly is: 'same-request' }
  /** What the server chooses by the container's or the volume's image. */
  | { readonly is: 'pull-policy' }
  /** What the server chooses by the directions that Git declares rules for. */
  | { readonly is: 'policy-types' }
  /** The annotation that stood for a container's AppArmor profile before there was a field for it. */
  | { readonly is: 'apparmor' }
  /** Derived from the kind that a CustomResourceDefinition names. */
  | { readonly is: 'kind-in-lower-case' | 'kind-of-list' }
  /** The API-access volume, or its mount, that admission adds to every Pod. */
  | { readonly is: 'token-volume' | 'token-mount' | 'token-mount-name' }

export interface BuiltinRule {
  readonly id: string
  readonly reason: string
  readonly owner: string | null
  /** `group/Kind`, core kinds as `Kind`, `*` for all. */
  readonly kinds: readonly string[]
  /**
   * Dotted path; `*` = any field or list item, a name in quotes keeps its dots. `@pod` = the pod spec and `@template` = the
   * pod template of every kind that has one.
   */
  readonly path: string
  readonly value: ValueTest
  /** `always`: made after admission, no normal form has it. `without-form`: a default, only needed while the form is unknown. */
  readonly applies: 'always' | 'without-form'
  /** Holds only where desired declares this path (any value). */
  readonly whenDesired?: readonly string[]
  /** Holds only where desired does not declare this path. */
  readonly unlessDesired?: readonly string[]
  /** Holds only where live has this value. */
  readonly whenLive?: { readonly path: readonly string[]; readonly value: Json }
  /** What the server puts there is owned by nobody: a value that somebody owns was written on purpose. */
  readonly unlessOwned?: true
}

export const ANY: ValueTest = { is: 'any' }
export const equals = (...values: Json[]): ValueTest => ({ is: 'one-of', values })

type Made = Omit<BuiltinRule, 'path' | 'applies' | 'owner' | 'value'> & {
  readonly owner?: string
  readonly value?: ValueTest
}

/** Written by a controller or by the server at these paths, whatever the normal form says. */
export function made(rule: Made, ...paths: string[]): BuiltinRule[] {
  const { id, owner = null, value = ANY, ...rest } = rule
  return paths.map((path) => ({ ...rest, id: `builtin/${id}`, owner, value, path, applies: 'always' }))
}

export function defaulted(kinds: readonly string[], path: string, ...values: Json[]): BuiltinRule {
  return {
    id: 'builtin/default',
    kinds,
    path,
    value: equals(...values),
    reason: 'the API server’s default',
    owner: 'kube-apiserver',
    applies: 'without-form',
  }
}

/** Chosen by the server where nobody else chose; a dry run chooses another value than the write after it. */
export function allocated(kinds: readonly string[], path: string): BuiltinRule {
  return {
    id: 'builtin/allocated',
    kinds,
    path,
    value: ANY,
    reason: 'allocated by the API server',
    owner: 'kube-apiserver',
    applies: 'always',
  }
}
