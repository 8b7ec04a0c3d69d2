// A jq program as data: what the parser makes and the machine runs. Plain JSON, so that definitions that hold one can be hashed.
import type { Json } from '../kube/index.ts'

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>='

export interface Fold {
  readonly of: Filter
  readonly name: string
  readonly start: Filter
  readonly update: Filter
  /** foreach only. */
  readonly extract: Filter | null
}

export type Filter =
  | { readonly op: 'identity' }
  | { readonly op: 'recurse' }
  | { readonly op: 'literal'; readonly value: Json }
  /** A string with filters inside; `format` is the `@name` before it. */
  | { readonly op: 'string'; readonly parts: readonly (string | Filter)[]; readonly format: string | null }
  /** `optional`: followed by `?`, which forgives this step alone. */
  | { readonly op: 'index'; readonly of: Filter; readonly by: Filter; readonly optional: boolean }
  | {
      readonly op: 'slice'
      readonly of: Filter
      readonly from: Filter | null
      readonly to: Filter | null
      readonly optional: boolean
    }
  | { readonly op: 'each'; readonly of: Filter; readonly optional: boolean }
  | { readonly op: 'negate'; readonly of: Filter }
  | { readonly op: 'try'; readonly of: Filter; readonly handler: Filter | null }
  | { readonly op: 'pipe'; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'comma'; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'alternative'; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'and'; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'binary'; readonly operator: BinaryOperator; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'array'; readonly of: Filter | null }
  | { readonly op: 'object'; readonly entries: readonly { readonly key: Filter; readonly value: Filter }[] }
  | { readonly op: 'if'; readonly when: Filter; readonly then: Filter; readonly otherwise: Filter | null }
  | ({ readonly op: 'reduce' } & Fold)
  | ({ readonly op: 'foreach' } & Fold)
  | { readonly op: 'bind'; readonly of: Filter; readonly name: string; readonly body: Filter }
  | { readonly op: 'variable'; readonly name: string }
  | { readonly op: 'break'; readonly name: string }
  | { readonly op: 'label'; readonly name: string; readonly body: Filter }
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Filter[] }
  | {
      readonly op: 'define'
      readonly name: string
      readonly params: readonly string[]
      readonly body: Filter
      readonly rest: Filter
    }

export const IDENTITY: Filter = { op: 'identity' }
