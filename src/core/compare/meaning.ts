// Do two scalars mean the same to Kubernetes?
import { deepEqual, type Json, sameQuantity } from '../kube/index.ts'
import type { ScalarFormat } from '../merge/index.ts'

function sameBase64(a: string, b: string): boolean {
  return a.replace(/[\r\n]/g, '') === b.replace(/[\r\n]/g, '')
}

function sameTime(a: string, b: string): boolean {
  const left = Date.parse(a)
  return !Number.isNaN(left) && left === Date.parse(b)
}

function isNumeric(value: Json): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

/** Equality by meaning; `format` comes from the schema. Values of other shapes are compared structurally. */
export function sameMeaning(a: Json, b: Json, format: ScalarFormat): boolean {
  if (a === b) return true
  switch (format) {
    case 'quantity':
      return isNumeric(a) && isNumeric(b) && sameQuantity(a, b)
    case 'bytes':
      return typeof a === 'string' && typeof b === 'string' && sameBase64(a, b)
    case 'time':
      return typeof a === 'string' && typeof b === 'string' && sameTime(a, b)
    case 'integer':
    case 'number':
      return (typeof a === 'bigint' || typeof b === 'bigint') && String(a) === String(b)
    case 'string':
    case 'boolean':
    case 'int-or-string':
    case 'duration':
    case 'any':
      return typeof a === 'object' && deepEqual(a, b)
    default:
      return format satisfies never
  }
}
