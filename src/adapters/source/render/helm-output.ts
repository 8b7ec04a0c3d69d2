// What `helm template` printed → texts by the files that made them.
import type { FileText } from './read-files.ts'

export interface OutputPlaces {
  /** The chart's directory from the root of the source; '' = the root. */
  readonly chart: string
  /** Files of the chart, relative to it. */
  readonly files: ReadonlySet<string>
}

const SOURCE = /^# Source: [^/\n]+\/(.+)$/
const MARKER = '---\n# Source: '

/** The file in the repository that stands for a template's path; that of an archive for what lies in it. */
function fileOf(template: string, { chart, files }: OutputPlaces): string {
  const below = (path: string): string => (chart === '' ? path : `${chart}/${path}`)
  if (files.has(template)) return below(template)
  const [, name] = /^charts\/([^/]+)\//.exec(template) ?? []
  const archives = name === undefined ? [] : [...files].filter((file) => file.startsWith(`charts/${name}-`))
  const archive = archives.find((file) => file.endsWith('.tgz'))
  return below(archive ?? template)
}

/** In the order in which they were printed. */
export function textsOf(output: string, places: OutputPlaces): readonly FileText[] {
  const texts: FileText[] = []
  for (let at = output.startsWith(MARKER) ? 0 : -1, next: number; at >= 0; at = next) {
    const found = output.indexOf(`\n${MARKER}`, at + 1)
    next = found < 0 ? -1 : found + 1
    const section = output.slice(at + '---\n'.length, next < 0 ? output.length : next)
    const [, template = ''] =
      SOURCE.exec(section.slice(0, section.indexOf('\n') < 0 ? undefined : section.indexOf('\n'))) ?? []
    texts.push({ file: fileOf(template, places), text: section, lines: 'none' })
  }
  if (texts.length > 0 || output.trim() === '') return texts
  return [{ file: fileOf('Chart.yaml', places), text: output, lines: 'none' }]
}
