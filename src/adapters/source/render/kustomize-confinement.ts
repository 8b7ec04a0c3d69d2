// What keeps a kustomization to the files that are laid out for it where the tool would not: without load restrictions,
// and in what it hands on to helm.
import { HoldfastError, problem, type ProblemCode, type ProblemSubject } from '../../../core/problem/index.ts'
import { joinedPath } from '../files/joined-path.ts'
import { shown } from '../git/address.ts'
import { chartOfPlugin, type ChartReference } from './kustomize-charts.ts'
import { configurationsIn, type MutableMap, pathsOfPlugin } from './kustomize-document.ts'

export interface Fault {
  readonly code: ProblemCode
  /** What the kustomization does: `names the absolute path "/x"`. */
  readonly what: string
}

/** Why a path may not be named; null when it stays below the top. `from`: where it starts. */
export function pathFault(text: string, from: readonly string[]): Fault | null {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text))
    return { code: 'HF1006', what: `names ${shown(text)}, where a path belongs` }
  if (text.startsWith('/')) return { code: 'HF1006', what: `names the absolute path ${shown(text)}` }
  if (joinedPath(from, text) !== null) return null
  return { code: 'HF1006', what: `names ${shown(text)}, which leaves the repository` }
}

/** Helm is given the files and the name of the release as they are written. */
export function chartFault(chart: ChartReference, from: readonly string[]): Fault | null {
  if (chart.release.startsWith('-'))
    return { code: 'HF1009', what: `names the release ${shown(chart.release)}, which begins with a dash` }
  // Plugins of helm lie there, and plugins are programs.
  if (chart.configHome !== '') return { code: 'HF1009', what: 'sets the configHome of helm, which cannot be used' }
  for (const file of [...chart.files, chart.directory]) {
    const fault = pathFault(file, from)
    if (fault !== null) return fault
  }
  return null
}

/** Of the configuration of a generator, transformer or validator. */
export function pluginFault(document: MutableMap, from: readonly string[]): Fault | null {
  const paths = pathsOfPlugin(document).map((path) => pathFault(path, from))
  const charts = chartOfPlugin(document).map((chart) => chartFault(chart, from))
  return [...paths, ...charts].find((fault) => fault !== null) ?? null
}

/**
 * Of the configurations that a kustomization of generators yields: what they name nobody can tell before it is built.
 * Throws HF1006, HF1009 and what reading them throws.
 */
export function checkYield(text: string, from: readonly string[], subject: ProblemSubject & { file: string }): void {
  for (const document of configurationsIn(text, subject)) {
    const fault = pluginFault(document, from)
    if (fault !== null)
      throw new HoldfastError(problem(fault.code, `${subject.file} yields what ${fault.what}`, subject))
  }
}
