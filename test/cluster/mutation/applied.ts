// An object with one mutation carried out, without a server.
import type { Json, JsonMap } from '../../../src/core/kube/index.ts'
import type { Mutation } from './enumerate.ts'

type Holder = Record<string, Json> | Json[]

const untoken = (text: string): string => text.replaceAll('~1', '/').replaceAll('~0', '~')

export function applied(object: JsonMap, { op, pointer }: Mutation, value: unknown): JsonMap {
  const copy = structuredClone(object) as Record<string, Json>
  const names = pointer.split('/').slice(1).map(untoken)
  const last = names.pop() as string
  let holder: Holder = copy
  for (const name of names) holder = (holder as Record<string, Json>)[name] as unknown as Holder
  if (Array.isArray(holder)) {
    if (op === 'remove') holder.splice(Number(last), 1)
    else if (last === '-') holder.push(value as Json)
    else holder[Number(last)] = value as Json
  } else if (op === 'remove') delete holder[last]
  else holder[last] = value as Json
  return copy
}
