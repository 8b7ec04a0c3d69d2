// How a render came about, for people and for programs.
import type { RenderedSource } from '../../core/desired/index.ts'
import { deliveryFailureOf, type Problem } from '../../core/problem/index.ts'
import { safeText } from './present/index.ts'

interface Explained {
  readonly sources: readonly RenderedSource[]
  readonly objects: readonly unknown[]
  readonly problems: readonly Problem[]
}

const RESULTS: Readonly<Record<RenderedSource['from'], string>> = {
  memory: 'kept in memory',
  disk: 'kept on disk',
  render: 'rendered',
}

/** Names that `files` or values may carry are somebody else's words. */
function line(name: string, value: string): string {
  return `  ${name.padEnd(11)}${safeText(value)}\n`
}

function toolLines({ explanation, tool }: RenderedSource): string {
  if (explanation === undefined) return line('tool', tool ?? 'none')
  if (explanation.tools.length === 0) return line('tool', 'none')
  const tools = explanation.tools.map(({ name, version, program }) =>
    line('tool', `${name} ${version}`.trim() + ` (${program})`),
  )
  return tools.join('') + line('isolation', explanation.isolation)
}

function sourceText(source: RenderedSource): string {
  const { type, revision, key, from, tookMs, files, explanation } = source
  const options = (explanation?.overrides ?? []).map((one) => line('options', `${one.file}: ${one.options.join(', ')}`))
  return [
    `${type}${revision === '' ? '' : ` at ${safeText(revision)}`}\n`,
    line('result', `${RESULTS[from]}, ${Math.round(tookMs)} ms`),
    line('key', key),
    toolLines(source),
    ...options,
    line('files', String(files.length)),
    ...files.map((file) => `    ${safeText(file)}\n`),
  ].join('')
}

export function explanationText({ sources, objects }: Explained): string {
  return `${sources.map(sourceText).join('')}${objects.length} ${objects.length === 1 ? 'object' : 'objects'}\n`
}

export function explanationJson({ sources, objects, problems }: Explained): object {
  return {
    apiVersion: 'holdfast.dev/v1alpha1',
    kind: 'RenderExplanation',
    sources,
    objects: objects.length,
    problems: problems.map((problem) => ({ ...problem, deliveryFailure: deliveryFailureOf(problem.code) })),
  }
}
