// What the mutation tests leave out, by name and with the reason: test/cases/mutation/left-out*.yaml.
import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { kindName } from '../../../src/core/compare/index.ts'
import type { ObjectRef } from '../../../src/core/kube/index.ts'

interface Entry {
  /** `group/Kind`, core kinds as `Kind`, `*` for all. */
  readonly kinds: readonly string[]
  /** As in the label of a miss: `<tables|form>: <writer> <op> <field>`, as a regular expression over all of it. */
  readonly what: string
  readonly reason: string
}

export class LeftOut {
  readonly #entries: readonly Entry[]
  readonly #used = new Set<Entry>()

  constructor(file: string) {
    this.#entries = load(
      readFileSync(new URL(`../../cases/mutation/${file}`, import.meta.url), 'utf8'),
    ) as readonly Entry[]
  }

  has(ref: ObjectRef, label: string): boolean {
    const name = kindName(ref)
    const found = this.#entries.filter(
      ({ kinds, what }) => (kinds.includes(name) || kinds.includes('*')) && new RegExp(`^(?:${what})$`).test(label),
    )
    for (const entry of found) this.#used.add(entry)
    return found.length > 0
  }

  /** Entries that nothing needed. */
  get idle(): readonly string[] {
    return this.#entries.filter((entry) => !this.#used.has(entry)).map(({ kinds, what }) => `${kinds.join()} ${what}`)
  }
}
