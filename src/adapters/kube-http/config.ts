/** Bytes given in the configuration, or a file that is read again when it changes. */
export type Material = { readonly data: Buffer } | { readonly file: string }

/** The exec plugin of a kubeconfig user. `directory` is where the kubeconfig file lies. */
export interface ExecPlugin {
  readonly apiVersion: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly directory: string
  readonly provideClusterInfo: boolean
  readonly interactiveMode: string
  readonly installHint: string
}

export interface Impersonation {
  readonly user: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

export interface UserConfig {
  readonly token: string | null
  /** Wins over `token`, as in kubectl. */
  readonly tokenFile: string | null
  readonly basic: { readonly username: string; readonly password: string } | null
  readonly certificate: { readonly cert: Material; readonly key: Material } | null
  readonly exec: ExecPlugin | null
  readonly impersonate: Impersonation | null
}

/** One cluster and how to be let in. */
export interface ClusterConfig {
  /** Base URL without trailing slash; may have a path of its own. */
  readonly server: string
  /** Where this came from, for messages: `kubeconfig /x/config, context "prod"`. */
  readonly origin: string
  readonly namespace: string
  /** How the kubeconfig calls the user; '' when nothing names one. */
  readonly userName?: string
  readonly ca: Material | null
  readonly insecure: boolean
  readonly serverName: string | null
  readonly proxyUrl: string | null
  readonly user: UserConfig
}

export type Environment = Readonly<Record<string, string | undefined>>

export const NO_USER: UserConfig = {
  token: null,
  tokenFile: null,
  basic: null,
  certificate: null,
  exec: null,
  impersonate: null,
}
