// Do two scalars mean the same to Kubernetes?
import { parseGoDuration } from '../definition/index.ts'
import { deepEqual, type Json, sameQuantity } from '../kube/index.ts'
import type { ScalarFormat } from '../merge/index.ts'

type Same = (a: Json, b: Json) => boolean

const INTEGER = /^-?(?:0|[1-9]\d{0,18})$/

function isNumber(value: Json): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function texts(same: (a: string, b: string) => boolean): Same {
  return (a, b) => typeof a === 'string' && typeof b === 'string' && same(a, b)
}

const sameNumber: Same = (a, b) => isNumber(a) && isNumber(b) && a == b

/** A double on the server, whatever was written: 9223372036854775807 comes back as 9223372036854775808. */
const sameDouble: Same = (a, b) => isNumber(a) && isNumber(b) && Number(a) === Number(b)

const sameAmount: Same = (a, b) =>
  (typeof a === 'string' || isNumber(a)) && (typeof b === 'string' || isNumber(b)) && sameQuantity(a, b)

const sameBase64 = texts((a, b) => a.replace(/[\r\n]/g, '') === b.replace(/[\r\n]/g, ''))

/** Date.parse sees no more than milliseconds; a server keeps microseconds. */
const fractionOf = (time: string): string => /\.(\d*?)0*(?:Z|[+-]\d\d:\d\d)$/i.exec(time)?.[1] ?? ''

const sameTime = texts((a, b) => {
  const left = Date.parse(a)
  return !Number.isNaN(left) && left === Date.parse(b) && fractionOf(a) === fractionOf(b)
})

const sameDuration = texts((a, b) => {
  const left = parseGoDuration(a)
  return left !== null && left === parseGoDuration(b)
})

/** `80` and `"80"`; a percentage or a name is only equal to itself. */
const sameIntOrString: Same = (a, b) => {
  if (isNumber(a) && isNumber(b)) return sameNumber(a, b)
  const [text, number] = typeof a === 'string' ? [a, b] : [b, a]
  return typeof text === 'string' && isNumber(number) && INTEGER.test(text) && String(number) === text
}

/** A value of a shape that the schema does not know. */
const sameStructure: Same = (a, b) => typeof a === 'object' && deepEqual(a, b)

const SAME: Readonly<Record<ScalarFormat, Same>> = {
  quantity: sameAmount,
  bytes: sameBase64,
  time: sameTime,
  duration: sameDuration,
  integer: sameNumber,
  number: sameDouble,
  'int-or-string': sameIntOrString,
  string: sameStructure,
  boolean: sameStructure,
  any: (a, b) => sameNumber(a, b) || sameStructure(a, b),
}

/** Equality by meaning; `format` comes from the schema. Values of other shapes are compared structurally. */
export function sameMeaning(a: Json, b: Json, format: ScalarFormat): boolean {
  return a === b || SAME[format](a, b)
}
