// Label selectors as the API server reads them.
import { isMap } from './json.ts'
import type { Json } from './object.ts'

export type Labels = Readonly<Record<string, string>>

function requirementHolds(requirement: Json, labels: Labels): boolean {
  if (!isMap(requirement) || typeof requirement.key !== 'string') return false
  const has = Object.hasOwn(labels, requirement.key)
  const values: readonly unknown[] = Array.isArray(requirement.values) ? requirement.values : []
  const listed = has && values.includes(labels[requirement.key])
  const answers: Readonly<Record<string, boolean>> = { In: listed, NotIn: !listed, Exists: has, DoesNotExist: !has }
  const { operator } = requirement
  return typeof operator === 'string' && Object.hasOwn(answers, operator) && answers[operator] === true
}

/** Does a `LabelSelector` select these labels? An absent or empty one selects everything; what cannot be read, nothing. */
export function selectorMatches(selector: Json | undefined, labels: Labels): boolean {
  if (selector === undefined || selector === null) return true
  if (!isMap(selector)) return false
  const { matchLabels, matchExpressions } = selector
  const pairs = isMap(matchLabels) ? Object.entries(matchLabels) : []
  const requirements = Array.isArray(matchExpressions) ? (matchExpressions as readonly Json[]) : []
  return (
    pairs.every(([name, value]) => Object.hasOwn(labels, name) && labels[name] === value) &&
    requirements.every((requirement) => requirementHolds(requirement, labels))
  )
}
