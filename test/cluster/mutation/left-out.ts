// What the mutation test leaves out, by name and with the reason: test/cases/mutation/left-out.yaml.
import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { kindName } from '../../../src/core/compare/index.ts'
import type { ObjectRef } from '../../../src/core/kube/index.ts'

interface LeftOut {
  /** `group/Kind`, core kinds as `Kind`, `*` for all. */
  readonly kinds: readonly string[]
  /** As in the label of a miss: `<tables|put|create>: <writer> <op> <field>`, as a regular expression over all of it. */
  readonly what: string
  readonly reason: string
}

const LEFT_OUT = load(
  readFileSync(new URL('../../cases/mutation/left-out.yaml', import.meta.url), 'utf8'),
) as readonly LeftOut[]

export function leftOut(ref: ObjectRef, label: string): boolean {
  const name = kindName(ref)
  return LEFT_OUT.some(
    ({ kinds, what }) => (kinds.includes(name) || kinds.includes('*')) && new RegExp(`^(?:${what})$`).test(label),
  )
}
