// A problem → words for people: one line that reads well wherever it stands, and all that a tool said for who asks.
import { deliveryReasonOf, type Problem } from '../problem/index.ts'

/** Of what happened; where, what holds meanwhile and what to do always follow whole. */
const MAX_SAID = 1_000

/** Advice of a tool that holds for its own command line alone. */
const NOISE = /^Use --debug flag to render out invalid YAML$/

function placeOf({ subject }: Problem): string {
  const file =
    subject.file === undefined
      ? ''
      : subject.line === undefined || subject.line === 0
        ? subject.file
        : `${subject.file}:${subject.line}`
  return [subject.object, file].filter((part) => part !== undefined && part !== '').join(', ')
}

/** Which of an Application's sources, and which commit of it: the one in force may be another. */
function sourceOf({ subject, message }: Problem): string {
  const { repository = '', revision = '' } = subject
  if (repository === '' || message.includes(repository)) return ''
  return revision === '' ? repository : `${repository} at ${revision.slice(0, 12)}`
}

/** Lines that say something. */
function linesOf(message: string): string[] {
  const lines = message.split(/\r?\n/).map((line) => line.trim())
  return lines.filter((line) => line !== '' && !NOISE.test(line))
}

/** Lines as one: where one is no end of a sentence, a semicolon stands for the break. */
function joined(lines: readonly string[]): string {
  return lines.reduce((text, line) => (text === '' ? line : `${text}${/[:;,.!?]$/.test(text) ? '' : ';'} ${line}`), '')
}

/** At most `limit` characters: whole lines where the first fits, else whole words. */
function shortened(lines: readonly string[], limit: number): string {
  const fits = lines.findLastIndex((_, at) => joined(lines.slice(0, at + 1)).length <= limit)
  if (fits >= 0) return joined(lines.slice(0, fits + 1))
  const text = (lines[0] ?? '').slice(0, limit)
  const space = text.lastIndexOf(' ')
  return space > limit / 2 ? text.slice(0, space) : text
}

/** Where the rest is to be seen. */
function restOf({ code, subject }: Problem, left: number): string {
  const isRender = /^HF10/.test(code) && subject.app !== undefined
  return ` … (${left} more characters${isRender ? `; all of it: holdfast render ${subject.app}` : ''})`
}

const ended = (text: string): string => (/[.!?:]$/.test(text) ? text : `${text}.`)

function saidOf(problem: Problem, limit: number): string {
  const lines = linesOf(problem.message)
  const whole = joined(lines)
  const said = whole.length <= limit ? whole : shortened(lines, limit)
  const place = placeOf(problem)
  const told = [problem.message.includes(place) ? '' : place, sourceOf(problem)].filter((part) => part !== '')
  const where = told.length === 0 ? '' : ` (${told.join(', ')})`
  return `${said}${said === whole ? '' : restOf(problem, whole.length - said.length)}${where}`
}

/** All that was said, line by line, where one line does not tell it all; else []. */
export function unsaidOf({ message }: Problem): string[] {
  return joined(linesOf(message)).length <= MAX_SAID ? [] : message.split(/\r?\n/)
}

/** `word: what happened (where). What holds meanwhile. What to do.` on one line. */
export function describeAs(word: string, problem: Problem): string {
  const { note = '', action } = problem
  return [`${word}:`, ended(saidOf(problem, MAX_SAID)), note, action].filter((part) => part !== '').join(' ')
}

/** One line for people: code, what happened, where, what to do. */
export function describeProblem(problem: Problem): string {
  return describeAs(problem.code, problem)
}

/** Code and, of a delivery that failed, the reason. */
export function wordOf(problem: Problem): string {
  const reason = deliveryReasonOf(problem)
  return reason === null ? problem.code : `${problem.code} ${reason}`
}

/** What happened, without what to do. */
export function saidBriefly(problem: Problem): string {
  return `${wordOf(problem)}: ${saidOf(problem, MAX_SAID)}`
}
