import type { Problem } from '../../core/problem/index.ts'
import { describeProblem } from '../../core/record/index.ts'
import { lineText } from './present/index.ts'

/** One line for standard error: `code: message (place) what to do`. */
export function failureLine(problem: Problem): string {
  return `${lineText(describeProblem(problem), 2_000)}\n`
}
