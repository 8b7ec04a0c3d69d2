// What an ignore rule hides, place by place, where the rule names only what surrounds it.
import { type FieldPath, formatPath, isMap } from '../kube/index.ts'
import type { ObjectSchema } from '../merge/index.ts'
import { typeAt } from './element.ts'
import { fieldClass, isSensitive } from './field-class.ts'
import type { IgnoredChange } from './types.ts'
import { walkValue } from './walk.ts'

/** The places that really differ: the change's own, or those inside of it. */
export function beneath(change: IgnoredChange, schema: ObjectSchema): readonly FieldPath[] {
  const { path, desired, live } = change
  const isContainer = (value: unknown): boolean => isMap(value) || Array.isArray(value)
  if (!isContainer(desired) || !isContainer(live)) return [path]
  const { deviations } = walkValue({ desired, live, form: undefined }, typeAt(schema, path), {
    hasForm: false,
    at: path,
  })
  return deviations.length === 0 ? [path] : deviations.map((inner) => inner.path)
}

/** Texts of what a rule hides although it only names what surrounds it, and that nobody should hide by the way. */
export function overreach(change: IgnoredChange, schema: ObjectSchema): readonly string[] {
  const named = fieldClass(change.path)
  return beneath(change, schema)
    .filter((path) => path.length > change.path.length)
    .filter((path) => isSensitive(fieldClass(path)) && fieldClass(path) !== named)
    .map(formatPath)
}
