// Kustomizations: built by the tool from exactly the files that they read.
import type { KustomizeVersion } from '../../../core/definition/index.ts'
import { HoldfastError, problem } from '../../../core/problem/index.ts'
import { kustomizeClosure } from './kustomize-closure.ts'
import { componentsOf } from './kustomize-components.ts'
import { checkYield } from './kustomize-confinement.ts'
import { KUSTOMIZATION_FILES } from './kustomize-document.ts'
import { addComponents, editKustomization } from './kustomize-edit.ts'
import type { Planner, RenderContext, RenderPlan } from './plan.ts'
import { kubeVersion as kubeVersionOf } from './plugin-environment.ts'
import { kustomizePlace, placedFailure } from './tool-place.ts'
import type { Tool } from './tools.ts'

interface Build {
  readonly tool: Tool
  readonly options: readonly string[]
}

function versionOf({ settings, source, subject }: RenderContext): KustomizeVersion | null {
  const { version } = source.kustomize
  if (version === '') return null
  const known = Object.hasOwn(settings.kustomizeVersions, version) ? settings.kustomizeVersions[version] : undefined
  if (known !== undefined) return known
  const action = `Set kustomize.path.${version} in argocd-cm, or take kustomize.version out of the Application.`
  throw new HoldfastError(problem('HF1011', `kustomize ${version} is not configured`, subject, action))
}

async function buildOf(context: RenderContext): Promise<Build> {
  const { settings, tools } = context
  const version = versionOf(context)
  const wrong = version === null ? settings.kustomizeProblem : version.problem
  if (wrong !== null) throw new HoldfastError(wrong)
  const tool = version === null ? await tools.find('kustomize') : await tools.at('kustomize', version.path)
  return { tool, options: version === null ? settings.kustomizeBuildOptions : version.buildOptions }
}

/** `v4.5` and what came before 5.3 has no such options. */
function knowsCluster(version: string): boolean {
  const [, major = '99', minor = '0'] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  return Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 3)
}

/** What charts are told of the cluster; nothing where none is inflated, so that the key does not follow the cluster. */
function clusterOptions({ source, cluster }: RenderContext): string[] {
  const { kubeVersion, apiVersions, version } = source.kustomize
  if (!knowsCluster(version)) return []
  const kube = kubeVersionOf(kubeVersion === '' ? cluster.version : kubeVersion)
  const apis = apiVersions.length > 0 ? apiVersions : cluster.apiVersions
  return [...(kube === '' ? [] : ['--helm-kube-version', kube]), ...apis.flatMap((api) => ['--helm-api-versions', api])]
}

async function planWith(context: RenderContext, extent: 'named' | 'directories'): Promise<RenderPlan> {
  const { files, place, limits, outside, tools, source, environment } = context
  const { tool, options } = await buildOf(context)
  const enableHelm = options.some((word) => word.startsWith('--enable-helm'))
  const edit: Parameters<typeof kustomizeClosure>[0]['edit'] = async (document) => {
    editKustomization(document, source.kustomize, environment)
    const components = await componentsOf(source.kustomize, files, place)
    if (components.length > 0) addComponents(document, components)
  }
  const closure = await kustomizeClosure({ files, place, limits, outside, edit, enableHelm, extent })
  const helm = enableHelm && closure.hasCharts ? await tools.find('helm') : null
  const args = ['build', '.', ...options, ...(helm === null ? [] : clusterOptions(context))]
  return {
    type: 'Kustomize',
    files: closure.files,
    parts: [place.path, args.slice(2), [...closure.changed]],
    tools: helm === null ? [tool] : [tool, helm],
    problems: [],
    run: async (work) => {
      for (const [path, text] of closure.changed) await work.write(path, text)
      const command = helm === null ? [] : ['--helm-command', helm.program]
      const read = closure.files.map((file) => file.path)
      const build = (path: readonly string[]): Promise<string> =>
        work.call(tool, { args: [...args, ...command], cwd: path.join('/') }).catch((error: unknown) => {
          const top = KUSTOMIZATION_FILES.map((name) => [...path, name].join('/')).find((file) => read.includes(file))
          throw placedFailure(error, (words) =>
            top === undefined ? null : kustomizePlace(words, { top, files: read }),
          )
        })
      for (const { directory, from } of closure.yielding)
        checkYield(await build(directory), from, { ...context.subject, file: directory.join('/') })
      const text = await build(place.path)
      return { texts: [{ file: [...place.path, 'kustomization.yaml'].join('/'), text, lines: 'none' }], problems: [] }
    },
  }
}

export const planKustomize: Planner = async (context) => ({
  ...(await planWith(context, 'named')),
  wider: () => planWith(context, 'directories'),
})
