// Parts of objects that may be of any shape.
import { isMap, type Json, type JsonMap } from '../kube/index.ts'

export const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

export const count = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null)

export const mapOf = (value: Json | undefined): JsonMap => (isMap(value) ? value : {})

export const texts = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((one) => typeof one === 'string') : []
