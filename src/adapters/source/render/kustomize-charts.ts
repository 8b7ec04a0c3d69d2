// The Helm charts that a kustomization inflates.
import { isMap } from '../../../core/kube/index.ts'
import { fieldOf, mapsIn, type MutableMap, textIn } from './kustomize-document.ts'

export interface ChartReference {
  readonly name: string
  /** '' = any. */
  readonly version: string
  /** '' = only what lies in the chart home. */
  readonly repository: string
  /** Where kustomize looks for the chart, and unpacks it, below the kustomization. */
  readonly directory: string
  /** Values files below the kustomization. */
  readonly files: readonly string[]
  /** '' = helm makes one up. */
  readonly release: string
  /** Where helm would look for its configuration and its plugins; '' = nowhere. */
  readonly configHome: string
}

const DEFAULT_HOME = 'charts'

function chart(
  name: string,
  map: MutableMap,
  at: { home: string; repository: string; version: string; configHome: string },
): ChartReference {
  const { home, repository, version, configHome } = at
  const folder = version !== '' && repository !== '' ? `${home}/${name}-${version}` : home
  const values = [textIn(map, 'valuesFile'), textIn(map, 'values')]
  const additional = fieldOf(map, 'additionalValuesFiles')
  const more = Array.isArray(additional) ? additional.filter((file): file is string => typeof file === 'string') : []
  return {
    name,
    version,
    repository,
    directory: `${folder}/${name}`,
    files: [...values, ...more].filter((file) => file !== ''),
    release: textIn(map, 'releaseName'),
    configHome,
  }
}

function homeOf(map: MutableMap): string {
  return textIn(map, 'chartHome') || DEFAULT_HOME
}

/** A generator document of kind HelmChartInflationGenerator. */
export function chartOfPlugin(document: MutableMap): ChartReference[] {
  if (textIn(document, 'kind') !== 'HelmChartInflationGenerator' || textIn(document, 'name') === '') return []
  const at = { repository: textIn(document, 'repo'), version: textIn(document, 'version') }
  const configHome = textIn(document, 'configHome')
  return [chart(textIn(document, 'name'), document, { ...at, home: homeOf(document), configHome })]
}

export function chartsOf(document: MutableMap): ChartReference[] {
  const globals = fieldOf(document, 'helmGlobals')
  const home = isMap(globals) ? homeOf(globals as MutableMap) : DEFAULT_HOME
  const configHome = isMap(globals) ? textIn(globals as MutableMap, 'configHome') : ''
  const charts = mapsIn(document, 'helmCharts').map((map) => {
    const at = { repository: textIn(map, 'repo'), version: textIn(map, 'version') }
    return chart(textIn(map, 'name'), map, { ...at, home, configHome })
  })
  const old = mapsIn(document, 'helmChartInflationGenerator').map((map) =>
    chart(textIn(map, 'chartName'), map, {
      home: textIn(map, 'chartHome') || home,
      repository: textIn(map, 'chartRepoUrl'),
      version: textIn(map, 'chartVersion'),
      configHome: textIn(map, 'helmHome'),
    }),
  )
  return [...charts, ...old].filter(({ name }) => name !== '')
}
