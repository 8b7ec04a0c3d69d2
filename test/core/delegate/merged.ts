// A case's object with changes laid over it.
import { isMap, type Json, type JsonMap, type KubeObject } from '../../../src/core/kube/index.ts'

function lay(base: Json | undefined, over: Json): Json {
  if (!isMap(over)) return over
  const result: Record<string, Json | undefined> = isMap(base) ? { ...base } : {}
  for (const [name, value] of Object.entries(over)) {
    if (value === null || value === undefined) delete result[name]
    else result[name] = lay(result[name], value)
  }
  return result as JsonMap
}

/** Maps member by member, null removes, lists are replaced. */
export function merged(base: KubeObject, over: Json | undefined): KubeObject {
  return over === undefined ? base : (lay(base as unknown as Json, over) as unknown as KubeObject)
}
