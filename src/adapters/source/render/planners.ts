// Which kind of source a directory is, and who plans its render.
import type { SourceDefinition } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { planDirectory } from './directory.ts'
import { planKustomize } from './kustomize.ts'
import { KUSTOMIZATION_FILES } from './kustomize-document.ts'
import type { Planner, RenderContext, RenderPlan } from './plan.ts'

type Kind = Exclude<SourceDefinition['type'], 'detect'>

const notYet: Planner = ({ source, subject }) => {
  throw new HoldfastError(problem('HF1013', `${source.type} sources are not supported yet`, subject))
}

const PLANNERS: Readonly<Record<Kind, Planner>> = {
  directory: planDirectory,
  kustomize: planKustomize,
  helm: notYet,
  plugin: notYet,
}

/** What the definition says it is, else what the files say: as Argo CD, Chart.yaml before a kustomization before plain files. */
async function kindOf({ source, files, place, settings }: RenderContext): Promise<Kind> {
  if (source.type !== 'detect') return source.type
  if (source.chart !== '') return 'helm'
  const { enabled } = settings
  const names = (await files.trees.entries(place.id)).map(({ name }) => name)
  if (enabled.helm && names.includes('Chart.yaml')) return 'helm'
  return enabled.kustomize && names.some((name) => KUSTOMIZATION_FILES.includes(name)) ? 'kustomize' : 'directory'
}

/** Throws HF1002–HF1013. */
export async function planRender(context: RenderContext): Promise<RenderPlan> {
  const kind = await kindOf(context)
  return PLANNERS[kind]({ ...context, source: { ...context.source, type: kind } })
}
