import { YAMLException } from 'js-yaml'
import type { Json } from '../kube/index.ts'
import { problem, type Problem, type ProblemSubject } from '../problem/index.ts'
import { Composer, YAML_LIMITS, YamlError, type YamlLimits } from './compose.ts'
import { parseText } from './parse.ts'

export interface YamlDocument {
  readonly value: Json
  /** 1-based line where the content begins. */
  readonly line: number
  /** Lines of the items of a list named `items` at the top, for `kind: List`. */
  readonly itemLines: readonly number[]
}

export interface YamlFile {
  readonly documents: readonly YamlDocument[]
  /** HF1003, HF1007, HF1008 with file and line; the document concerned is left out, the others are there. */
  readonly problems: readonly Problem[]
}

export interface Chunk {
  readonly text: string
  /** Characters before it. */
  readonly start: number
  /** Lines before it. */
  readonly lines: number
}

function countLines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

function isMarker(text: string, at: number): boolean {
  const after = text.charCodeAt(at + 3)
  return Number.isNaN(after) || after === 0x0a || after === 0x0d || after === 0x20 || after === 0x09
}

/**
 * Cuts the text where a line begins with `---`, which ends a document whatever it is in, so that one broken document
 * leaves its neighbours alone. Directives stay with the document that follows them.
 */
export function* chunksOf(text: string): Generator<Chunk> {
  let start = 0
  let lines = 0
  for (let at = text.indexOf('\n---'); at >= 0; at = text.indexOf('\n---', at + 1)) {
    if (!isMarker(text, at + 1)) continue
    const chunk = text.slice(start, at + 1)
    if (/(?:^|\n)%/.test(chunk)) continue
    yield { text: chunk, start, lines }
    lines += countLines(text, start, at + 1)
    start = at + 1
  }
  yield { text: text.slice(start), start, lines }
}

export interface ReadOptions {
  readonly file: string
  readonly limits?: YamlLimits
  /** The line of the file at which a line of the text stands, both 1-based; for texts that were cut out of a file. */
  readonly lineOf?: (line: number) => number
  /** `output`: a tool printed the text; its lines are none of the file's. */
  readonly from?: 'file' | 'output'
}

/** Where something stands, for messages and for subjects. */
export function placeIn(
  { file, from = 'file' }: Pick<ReadOptions, 'file' | 'from'>,
  line: number,
): { readonly text: string; readonly subject: ProblemSubject } {
  if (from === 'output') return { text: `${file}: line ${line} of what was made of it`, subject: { file } }
  return { text: `${file}:${line}`, subject: { file, line } }
}

interface ReadContext extends Pick<ReadOptions, 'file' | 'from'> {
  readonly lineOf: (line: number) => number
  readonly limits: YamlLimits
  readonly spent: { aliases: number }
}

/** The parser's message without its snippet: the snippet quotes the file, and the file may hold a Secret. */
function refusal(error: unknown, chunk: Chunk, context: ReadContext): Problem {
  const at = (line: number): ReturnType<typeof placeIn> => placeIn(context, context.lineOf(chunk.lines + line))
  if (error instanceof YamlError) {
    const { text, subject } = at(error.line)
    return problem(error.code, `${text}: ${error.message}`, subject)
  }
  if (error instanceof YAMLException) {
    const { text, subject } = at((error.mark?.line ?? 0) + 1)
    const isDepth = error.reason.includes('maxDepth') || error.reason.includes('nesting')
    return problem(isDepth ? 'HF1010' : 'HF1003', `${text}: ${error.reason}`, subject)
  }
  return problem('HF1003', `${context.file}: the document cannot be read`, at(1).subject)
}

function readChunk(chunk: Chunk, context: ReadContext): YamlDocument[] {
  const { events, text } = parseText(chunk.text, context.limits.depth)
  const composed = new Composer(text, context.limits, context.spent).compose(events)
  return composed.map(({ value, position, items }) => ({
    value,
    line: context.lineOf(chunk.lines + countLines(text, 0, position) + 1),
    itemLines: linesAt({ text, lines: chunk.lines }, items).map((line) => context.lineOf(line)),
  }))
}

function linesAt(chunk: Pick<Chunk, 'text' | 'lines'>, positions: readonly number[]): number[] {
  let line = chunk.lines + 1
  let last = 0
  return positions.map((position) => {
    line += countLines(chunk.text, last, position)
    last = position
    return line
  })
}

/**
 * Reads every document of a YAML or JSON text as Kubernetes' own reader does, except that nothing is lost on the way:
 * duplicate keys are refused, and what follows `...` is read too. Integers beyond 2^53 are bigint.
 */
export function readYaml(text: string, options: ReadOptions): YamlFile {
  const { file, from = 'file', limits = YAML_LIMITS, lineOf = (line) => line } = options
  const context: ReadContext = { file, from, lineOf, limits, spent: { aliases: 0 } }
  const documents: YamlDocument[] = []
  const problems: Problem[] = []
  for (const chunk of chunksOf(text)) {
    try {
      documents.push(...readChunk(chunk, context))
    } catch (error) {
      problems.push(refusal(error, chunk, context))
    }
  }
  return { documents, problems }
}
