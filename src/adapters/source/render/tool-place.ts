// Where in the repository a tool's words say that something is wrong.
import { HoldfastError, type ProblemSubject } from '../../../core/problem/index.ts'

/** `repository` and `revision` where the file is not one of the source's own. */
export type FilePlace = Pick<ProblemSubject, 'file' | 'line' | 'repository' | 'revision'>

/** A failure of a tool (HF1009) with the place that its message names; a place that is known already stays. */
export function placedFailure(error: unknown, find: (words: string) => FilePlace | null): unknown {
  if (!(error instanceof HoldfastError)) return error
  const { code, subject, message } = error.problem
  if (code !== 'HF1009' || subject.file !== undefined) return error
  const place = find(message)
  if (place === null) return error
  return new HoldfastError({ ...error.problem, subject: { ...subject, ...place } }, { cause: error.cause })
}

const at = (file: string, line: string | undefined): FilePlace => ({
  file,
  ...(line === undefined ? {} : { line: Number(line) }),
})

const IN_CHART = /([^\s"'()<>:]+?)\/((?:charts\/[^\s"'()<>:]+\/)?templates\/[^\s"'()<>:]+)(?::(\d+))?/g
const VALUES = /(?:cannot load|failed to parse) ([^\s:]+)(?:[^\n]*?yaml: line (\d+))?/

/**
 * Of helm's words. It calls templates by the name of the chart; the innermost one it names lines of is where it happened.
 * `chart`: directory of the chart; `below`: its files; `placeOf`: of another file that helm reads; null = it is none.
 */
export function helmPlace(
  words: string,
  from: { chart: string; below: ReadonlySet<string>; placeOf: (path: string) => FilePlace | null },
): FilePlace | null {
  const { chart, below, placeOf } = from
  const inChart = (path: string): string => (chart === '' ? path : `${chart}/${path}`)
  const named = [...words.matchAll(IN_CHART)].filter(([, , path = '']) => below.has(path))
  const found = named.findLast(([, , , line]) => line !== undefined) ?? named[0]
  if (found !== undefined) return at(inChart(found[2] ?? ''), found[3])
  const [, file, line] = VALUES.exec(words) ?? []
  if (file === undefined) return null
  if (below.has(file)) return at(inChart(file), line)
  const place = placeOf(file)
  return place === null ? null : { ...place, ...at(place.file ?? file, line) }
}

const LINE = /yaml: line (\d+)/
const MISSING = /evalsymlink failure on '([^'/][^']*)'/
const IN_FILE = /in File: (\S+)/

/** Of kustomize's words; where they name none, `top`: the kustomization that was built. `files`: those that it read. */
export function kustomizePlace(words: string, { top, files }: { top: string; files: readonly string[] }): FilePlace {
  const missing = MISSING.exec(words)?.[1]
  if (missing !== undefined) return { file: missing }
  const named = IN_FILE.exec(words)?.[1]
  const found = named === undefined ? [] : files.filter((file) => file === named || file.endsWith(`/${named}`))
  const [only] = found
  return only !== undefined && found.length === 1 ? at(only, LINE.exec(words)?.[1]) : { file: top }
}
