// The labels or annotations at a path of an object.
import { isMap, type Labels } from '../kube/index.ts'
import { memberAt } from './value-test.ts'

export function textsAt(object: unknown, path: readonly string[]): Labels {
  const value = memberAt(object, path)
  if (!isMap(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}
