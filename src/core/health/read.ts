import { isMap } from '../kube/index.ts'

/** The value at a dotted path (`status.replicas`); undefined where there is none. Safe on any object. */
export function valueAt(object: unknown, path: string): unknown {
  let current = object
  for (const name of path.split('.')) {
    current = isMap(current) && Object.hasOwn(current, name) ? current[name] : undefined
  }
  return current ?? undefined
}

/** A number as the server sends counts; 0 where there is none. */
export function countAt(object: unknown, path: string): number {
  return optionalCountAt(object, path) ?? 0
}

export function optionalCountAt(object: unknown, path: string): number | undefined {
  const value = valueAt(object, path)
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' ? value : undefined
}

export function textAt(object: unknown, path: string): string {
  const value = valueAt(object, path)
  return typeof value === 'string' ? value : ''
}

export function listAt(object: unknown, path: string): readonly unknown[] {
  const value = valueAt(object, path)
  return Array.isArray(value) ? value : []
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  /** '' where it is not said. */
  readonly lastTransitionTime: string
}

function conditionOf(value: unknown): Condition {
  const text = (name: string) => textAt(value, name)
  return {
    ...{ type: text('type'), status: text('status'), reason: text('reason'), message: text('message') },
    lastTransitionTime: text('lastTransitionTime'),
  }
}

export function conditionsOf(values: readonly unknown[]): readonly Condition[] {
  return values.map(conditionOf)
}

export function conditionAt(object: unknown, type: string): Condition | undefined {
  return conditionsOf(listAt(object, 'status.conditions')).find((condition) => condition.type === type)
}
