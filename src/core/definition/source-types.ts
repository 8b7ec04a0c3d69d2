import type { JsonMap } from '../kube/index.ts'

export interface NameValue {
  readonly name: string
  readonly value: string
}

/** An external variable or top-level argument; `code`: the value is Jsonnet, not text. */
export interface JsonnetVariable extends NameValue {
  readonly code: boolean
}

export interface DirectoryOptions {
  readonly recurse: boolean
  /** Globs as Argo CD reads them: `*.yaml`, `{a,b}/**`; empty means no restriction. */
  readonly include: string
  readonly exclude: string
  /** Every file is a manifest, whatever its name ends with. */
  readonly disableExtensionFilter: boolean
  readonly jsonnet: {
    readonly extVars: readonly JsonnetVariable[]
    readonly tlas: readonly JsonnetVariable[]
    /** Library directories, relative to the repository root. */
    readonly libs: readonly string[]
  }
}

export interface HelmOptions {
  /** '' = the Application's name. */
  readonly releaseName: string
  /** In order; each a path relative to the chart, a glob, an URL, or `$ref/path` into another source. */
  readonly valueFiles: readonly string[]
  readonly ignoreMissingValueFiles: boolean
  /** YAML text; wins over valueFiles, loses to parameters. Ignored when `valuesObject` is given. */
  readonly values: string
  readonly valuesObject: JsonMap | null
  readonly parameters: readonly (NameValue & { readonly forceString: boolean })[]
  readonly fileParameters: readonly { readonly name: string; readonly path: string }[]
  readonly skipCrds: boolean
  readonly skipTests: boolean
  readonly skipSchemaValidation: boolean
  readonly passCredentials: boolean
  /** '' = the destination's. */
  readonly namespace: string
  readonly kubeVersion: string
  readonly apiVersions: readonly string[]
  /** `v2` or `v3` of old manifests; '' = not said. Has no effect. */
  readonly version: string
}

export interface KustomizePatch {
  /** Inline patch; '' when `path` names a file. */
  readonly patch: string
  readonly path: string
  readonly target: Readonly<Record<string, string>> | null
  readonly options: Readonly<Record<string, boolean>>
}

export interface KustomizeOptions {
  readonly namePrefix: string
  readonly nameSuffix: string
  readonly namespace: string
  /** `name=newName:tag`, `name:tag`, `name@digest`, as Argo CD writes them. */
  readonly images: readonly string[]
  readonly replicas: readonly { readonly name: string; readonly count: number | string }[]
  readonly commonLabels: Readonly<Record<string, string>>
  readonly forceCommonLabels: boolean
  readonly labelWithoutSelector: boolean
  readonly labelIncludeTemplates: boolean
  readonly commonAnnotations: Readonly<Record<string, string>>
  readonly forceCommonAnnotations: boolean
  /** `$ARGOCD_APP_NAME` and its like in the values of commonAnnotations are replaced. */
  readonly commonAnnotationsEnvsubst: boolean
  readonly components: readonly string[]
  readonly ignoreMissingComponents: boolean
  readonly patches: readonly KustomizePatch[]
  /** For the helm charts that a kustomization inflates. */
  readonly kubeVersion: string
  readonly apiVersions: readonly string[]
  /** A version of the tool named in argocd-cm; '' = the one that is there. */
  readonly version: string
}

export interface PluginOptions {
  /** '' = the one whose `discover` rules fit. */
  readonly name: string
  readonly env: readonly NameValue[]
  readonly parameters: readonly {
    readonly name: string
    readonly string: string | null
    readonly array: readonly string[] | null
    readonly map: Readonly<Record<string, string>> | null
  }[]
}

export interface SourceDefinition {
  /** `name` of an entry of `sources`; '' = none. */
  readonly name: string
  readonly repoURL: string
  /** Branch, tag, commit, HEAD or a range of versions (tags of a repository, versions of a chart); never empty. */
  readonly targetRevision: string
  /** With a range: only tags that begin so count, and what follows is the version. */
  readonly tagPrefix: string
  /** Relative to the repository root, without `./` and trailing slash; '' is the root. */
  readonly path: string
  /** Name of the chart in a chart repository or OCI registry; '' = `repoURL` is a Git repository. */
  readonly chart: string
  /** Other sources' valueFiles may name files of this one as `$ref/path`; '' = none. */
  readonly ref: string
  /** What the definition says; `detect` = look at the files (Chart.yaml → helm, kustomization.yaml → kustomize, else directory). */
  readonly type: 'detect' | 'directory' | 'kustomize' | 'helm' | 'plugin'
  readonly directory: DirectoryOptions
  readonly helm: HelmOptions
  readonly kustomize: KustomizeOptions
  /** null = none is asked for. */
  readonly plugin: PluginOptions | null
  /** As it stands in the Application: for the status, and for `.argocd-source.yaml` to be laid over. */
  readonly written: JsonMap
}
