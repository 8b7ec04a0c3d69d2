// Settings that were not read are unknown, not the defaults: nothing is rendered, written or pruned by them.
import { type Problem, problem } from '../core/problem/index.ts'

/** They are asked for again this soon while nothing is rendered for want of them. */
export const UNKNOWN_EVERY_MS = 2_000

export const NOT_READ = problem('HF4010', 'The settings of this installation were not read yet.')

export function unknownBecause(why: Problem): Problem {
  const reason = /[.!?]$/.test(why.message) ? why.message : `${why.message}.`
  const message = `The settings of this installation are not known: ${reason} Nothing is rendered, written or pruned.`
  return { ...why, message }
}
