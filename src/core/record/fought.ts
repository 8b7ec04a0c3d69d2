// A fight in words: which fields, between whom, how often, and what would end it.
import { FIELD_MANAGER } from '../classify/index.ts'
import type { FightState } from '../decide/index.ts'
import { formatRef, type KubeObject, type ObjectRef, parentOf } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'

const MOST = 5

/** Of one object. */
export interface Fought {
  readonly app: string
  readonly ref: ObjectRef
  /** By path text: what is fought over now. */
  readonly fights: ReadonlyMap<string, FightState>
  readonly live: KubeObject | null
}

/** Whose object it is, e.g. `Database main`; null = nobody's. */
function ownerNameOf(live: KubeObject | null): string | null {
  const parent = live === null ? null : parentOf(live)
  return parent === null ? null : `${parent.kind} ${parent.name}`
}

/** The count grows while the fight lasts: it stands apart, so that the fight stays the same one. */
export function timesFought(count: number): string {
  return ` (rewritten ${count} times)`
}

export function fightProblem({ app, ref, fights, live }: Fought): Problem {
  const object = formatRef(ref)
  const all = [...fights]
  const told = all
    .slice(0, MOST)
    .map(([at, { opponent, rewrites }]) => `${at} between ${opponent} and ${FIELD_MANAGER}${timesFought(rewrites)}`)
  const more = all.length > MOST ? ` and ${all.length - MOST} more` : ''
  const left = 'What is fought over is left alone for a while, the other paths are not.'
  const message = `Two writers overwrite each other in ${object}: ${told.join(', ')}${more}. ${left}`
  const parent = ownerNameOf(live)
  const [[path = ''] = []] = all
  return problem(
    'HF6001',
    message,
    { app, object, path },
    parent === null
      ? undefined
      : `${object} is made by ${parent}: manage ${parent} alone, and leave what has owner references out of Git.`,
  )
}
