// Which kind of source a directory is, and who plans its render.
import type { SourceDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { planDirectory } from './directory.ts'
import { planHelm } from './helm.ts'
import { planKustomize } from './kustomize.ts'
import { KUSTOMIZATION_FILES } from './kustomize-document.ts'
import type { Planner, RenderContext, RenderPlan } from './plan.ts'
import { planPlugin } from './plugin.ts'
import { discoverPlugin } from './plugin-discovery.ts'

type Kind = Exclude<SourceDefinition['type'], 'detect'>

const PLANNERS: Readonly<Record<Kind, Planner>> = {
  directory: planDirectory,
  kustomize: planKustomize,
  helm: planHelm,
  plugin: planPlugin,
}

/**
 * What the definition says it is, else what the files say, as Argo CD reads them: a plugin that fits before a kustomization
 * before a chart before plain files. A tool that is switched off leaves plain files.
 */
async function kindOf(context: RenderContext): Promise<Kind> {
  const { source, files, place, settings } = context
  const { enabled } = settings
  if (source.type === 'kustomize' || source.type === 'helm') return enabled[source.type] ? source.type : 'directory'
  if (source.type !== 'detect') return source.type
  if (source.chart !== '') return 'helm'
  if ((await discoverPlugin(context)) !== null) return 'plugin'
  const entries = await files.trees.entries(place.id)
  const names = entries.filter(({ kind }) => kind === 'blob' || kind === 'symlink').map(({ name }) => name)
  if (enabled.kustomize && names.some((name) => KUSTOMIZATION_FILES.includes(name))) return 'kustomize'
  return enabled.helm && names.includes('Chart.yaml') ? 'helm' : 'directory'
}

/** What the definition asks for may not be what lies there. */
async function checkChart({ source, files, place, subject }: RenderContext): Promise<void> {
  const chart = await files.trees.locate(files.root, [...place.path, 'Chart.yaml'])
  if (chart.kind === 'blob') return
  const message = `${source.path === '' ? '.' : source.path} holds no Chart.yaml, and spec.source.helm asks for a chart`
  throw new HoldfastError(problem('HF1004', message, subject, 'Correct the path, or remove spec.source.helm.'))
}

/** Throws HF1002–HF1013. */
export async function planRender(context: RenderContext): Promise<RenderPlan> {
  const kind = await kindOf(context)
  if (kind === 'helm') await checkChart(context)
  return PLANNERS[kind]({ ...context, source: { ...context.source, type: kind } })
}
