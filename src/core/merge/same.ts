import { type Json, type JsonMap } from '../kube/index.ts'

function sameLists(a: readonly Json[], b: readonly Json[]): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (!sameValue(a[index], b[index])) return false
  return true
}

/** Loops without a list of the names: what is equal, as most things are, then costs no memory. */
function sameMaps(a: JsonMap, b: JsonMap): boolean {
  let present = 0
  for (const name in a) {
    if (a[name] === undefined || !Object.hasOwn(a, name)) continue
    present++
    if (!Object.hasOwn(b, name) || !sameValue(a[name], b[name])) return false
  }
  for (const name in b) if (b[name] !== undefined && Object.hasOwn(b, name)) present--
  return present === 0
}

function isNumber(value: Json | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function sameContainers(a: object, b: object): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && sameLists(a as readonly Json[], b as readonly Json[])
  return !Array.isArray(b) && sameMaps(a as JsonMap, b as JsonMap)
}

/** Structural equality as the server has it: numbers by amount whatever their representation, maps without order. */
export function sameValue(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) return sameContainers(a, b)
  // A number and a bigint of one amount are equal, so `==` is meant.
  return isNumber(a) && isNumber(b) && a == b
}
