// What a plugin is told: the build environment, the cluster, and what the Application says to it.
import type { PluginOptions } from '../../../core/definition/index.ts'
import { substitute } from './build-environment.ts'

type Variables = Readonly<Record<string, string>>

function escaped(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9_]/g, '_')
}

/** `v1.35.4+k3s1` is 1.35.4. */
export function kubeVersion(version: string): string {
  return /^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? ''
}

function ofParameter({ name, string, array, map }: PluginOptions['parameters'][number]): [string, string][] {
  const base = `PARAM_${escaped(name)}`
  return [
    ...(string === null ? [] : [[base, string] as [string, string]]),
    ...Object.entries(map ?? {}).map(([key, value]): [string, string] => [`${base}_${escaped(key)}`, value]),
    ...(array ?? []).map((value, index): [string, string] => [`${base}_${index}`, value]),
  ]
}

/** As Argo CD writes them: what is not given is left out. */
function parametersText({ parameters }: PluginOptions): string {
  const given = parameters.map((parameter) =>
    Object.fromEntries(Object.entries(parameter).filter(([, value]) => value !== null)),
  )
  return JSON.stringify(given)
}

/** Names and values as Argo CD gives them to its plugins. */
export function pluginEnvironment(
  options: PluginOptions | null,
  build: Variables,
  cluster: { readonly version: string; readonly apiVersions: readonly string[] },
): Variables {
  const known = {
    ...build,
    KUBE_VERSION: kubeVersion(cluster.version),
    KUBE_API_VERSIONS: cluster.apiVersions.join(','),
  }
  if (options === null) return known
  return Object.fromEntries([
    ...Object.entries(known),
    ...options.env.map(({ name, value }) => [`ARGOCD_ENV_${name}`, substitute(value, known)]),
    ['ARGOCD_APP_PARAMETERS', parametersText(options)],
    ...options.parameters.flatMap(ofParameter),
  ])
}
