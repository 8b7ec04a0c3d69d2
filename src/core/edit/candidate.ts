// A change of a source's text that may bring about what is wanted; only a render can tell whether it does.
import type { TextEdit } from '../yaml/index.ts'

export interface SourceText {
  readonly file: string
  readonly text: string
}

export interface TextChange {
  /** 1-based. */
  readonly line: number
  readonly from: string
  readonly to: string
}

/** One place of a source: a value, or the few values of one map that say something together. */
export interface Candidate {
  readonly file: string
  readonly changes: readonly TextChange[]
  /** Other places repeat a value that it changes. */
  readonly anchor: string | null
  /** The file as it would be. */
  readonly text: string
  readonly edits: readonly TextEdit[]
}

export function lineAt(text: string, position: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

export function describeCandidate({ file, changes, anchor }: Candidate): string {
  const lines = changes.map(({ line, from, to }) => `line ${line}: ${from === '' ? '(nothing)' : from} → ${to}`)
  return `${file} ${lines.join(', ')}${anchor === null ? '' : ` (&${anchor}, which other places repeat)`}`
}
