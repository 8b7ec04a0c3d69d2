import type { Problem } from '../problem/index.ts'

/** How to reach a repository, from a Secret of type `repository` or `repo-creds`. Its values never leave the process. */
export interface RepositoryAccess {
  /** A `template` serves every repository whose URL begins with `url`; the longest wins. */
  readonly kind: 'repository' | 'template'
  readonly type: 'git' | 'helm' | 'oci'
  readonly url: string
  /** Only for Applications of this project; '' = all. */
  readonly project: string
  /** Name of a chart repository, as `@name` in dependencies. */
  readonly name: string
  readonly username: string
  readonly password: string
  readonly bearerToken: string
  readonly sshPrivateKey: string
  readonly tlsClientCertData: string
  readonly tlsClientCertKey: string
  /** Neither TLS certificates nor host keys are checked. */
  readonly insecure: boolean
  readonly enableLfs: boolean
  /** A chart repository that is an OCI registry though its URL does not say `oci://`. */
  readonly enableOCI: boolean
  /** An OCI registry that speaks plain HTTP. */
  readonly insecureOCIForceHttp: boolean
  readonly forceHttpBasicAuth: boolean
  readonly proxy: string
  readonly noProxy: string
  /** 0 = whole history. */
  readonly depth: number
  readonly githubApp: {
    readonly id: string
    readonly installationId: string
    readonly privateKey: string
    /** '' = github.com. `installationId` '' = to be looked up. */
    readonly enterpriseBaseUrl: string
  } | null
  /** `Secret argocd/name`, for messages. */
  readonly from: string
}

/** A configured command that prints manifests. */
export interface PluginDefinition {
  readonly name: string
  readonly command: readonly string[]
  readonly args: readonly string[]
  /** Run before `command`, in the same directory; [] = nothing. */
  readonly init: readonly string[]
  /**
   * Globs below the source's path; one that matches chooses the plugin where none is named. [] = only by name; null = it
   * cannot be told, because what is configured cannot be read.
   */
  readonly discover: readonly string[] | null
  readonly network: boolean
  /** Environment variables of Holdfast's own process that it may see. */
  readonly passEnv: readonly string[]
  readonly timeoutMs: number
  /** Why it cannot be used; nothing may be rendered with it then, and with no other tool in its place. */
  readonly problem: Problem | null
}

export interface KustomizeVersion {
  /** Absolute. */
  readonly path: string
  /** Instead of `kustomizeBuildOptions`, where the version has its own. */
  readonly buildOptions: readonly string[]
  /** Why this version cannot be used; nothing may be rendered with it then. */
  readonly problem: Problem | null
}

/** What the installation says about sources, beside the Applications. */
export interface SourceSettings {
  readonly repositories: readonly RepositoryAccess[]
  /** PEM by host name, from `argocd-tls-certs-cm`. */
  readonly tlsCertificates: Readonly<Record<string, string>>
  /** Lines as in OpenSSH's file, from `argocd-ssh-known-hosts-cm`; null = there is no such ConfigMap: the user's own file holds. */
  readonly knownHosts: string | null
  /** Armored public keys by id, from `argocd-gpg-keys-cm`. */
  readonly gpgKeys: Readonly<Record<string, string>>
  /** `kustomize.buildOptions`, split into words. */
  readonly kustomizeBuildOptions: readonly string[]
  /** Why those options cannot be used; nothing may be rendered with them then. */
  readonly kustomizeProblem: Problem | null
  /** `kustomize.path.<version>`: programs by version, and build options of that version. */
  readonly kustomizeVersions: Readonly<Record<string, KustomizeVersion>>
  /** `helm.valuesFileSchemes`. */
  readonly valuesFileSchemes: readonly string[]
  readonly plugins: readonly PluginDefinition[]
  /** False: detection passes the tool over (`kustomize.enable`, `helm.enable`, `jsonnet.enable`). */
  readonly enabled: { readonly kustomize: boolean; readonly helm: boolean; readonly jsonnet: boolean }
}
