import type { Problem } from '../../core/problem/index.ts'
import { describeProblem, unsaidOf } from '../../core/record/index.ts'
import { lineText } from './present/index.ts'

const LONGEST_LINE = 4_000

/** For standard error: a line `code: message (place) what to do`, and below it the lines that do not go into one. */
export function failureText(problem: Problem): string {
  const rest = unsaidOf(problem).map((line) => `  ${lineText(line, LONGEST_LINE)}\n`)
  return `${lineText(describeProblem(problem), LONGEST_LINE)}\n${rest.join('')}`
}
