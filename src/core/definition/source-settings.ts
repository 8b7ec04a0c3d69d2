import type { KubeObject } from '../kube/index.ts'
import type { Problem } from '../problem/index.ts'
import { readBuildOptions } from './build-options.ts'
import { complain, type Field, member, type Reading, stringMapOf } from './field.ts'
import { readPlugins } from './plugin-settings.ts'
import { parseRepositoryAccess } from './repository-access.ts'
import type { KustomizeVersion, RepositoryAccess, SourceSettings } from './source-settings-types.ts'

/** What holds where nothing is configured. */
export const DEFAULT_SOURCE_SETTINGS: SourceSettings = {
  repositories: [],
  tlsCertificates: {},
  knownHosts: null,
  gpgKeys: {},
  kustomizeBuildOptions: [],
  kustomizeProblem: null,
  kustomizeVersions: {},
  valuesFileSchemes: ['https', 'http'],
  plugins: [],
  enabled: { kustomize: true, helm: true, jsonnet: true },
}

/** The objects that say something about sources; null = there is none. */
export interface SourceSettingsInput {
  readonly argocdCm: KubeObject | null
  /** `argocd-tls-certs-cm`. */
  readonly tlsCerts: KubeObject | null
  /** `argocd-ssh-known-hosts-cm`. */
  readonly knownHosts: KubeObject | null
  /** `argocd-gpg-keys-cm`. */
  readonly gpgKeys: KubeObject | null
  /** Secrets of type `repository` and `repo-creds`. */
  readonly repositories: readonly KubeObject[]
  /** `holdfast-plugins`; without it there are no plugins. */
  readonly plugins: KubeObject | null
}

type Texts = Readonly<Record<string, string>>

/** An own entry of a map that comes from outside. */
function entry(texts: Texts, key: string): string | undefined {
  return Object.hasOwn(texts, key) ? texts[key] : undefined
}

function readEnabled(data: Field, texts: Texts, tool: string): boolean {
  const key = `${tool}.enable`
  const text = (entry(texts, key) ?? '').trim()
  if (text !== '' && text !== 'true' && text !== 'false') {
    complain({ ...data, path: key }, 'HF2008', `argocd-cm: ${key} must be true or false; false is used`)
  }
  return text === '' || text === 'true'
}

function readVersion(texts: Texts, version: string, path: string, problems: Problem[]): KustomizeVersion {
  const key = `kustomize.buildOptions.${version}`
  const own = entry(texts, key)
  const options =
    own === undefined
      ? readBuildOptions('kustomize.buildOptions', entry(texts, 'kustomize.buildOptions') ?? '')
      : readBuildOptions(key, own)
  if (own !== undefined && options.problem !== null) problems.push(options.problem)
  return { path, buildOptions: options.words, problem: options.problem }
}

function readVersions(data: Field, texts: Texts): SourceSettings['kustomizeVersions'] {
  const versions: [string, KustomizeVersion][] = []
  for (const [key, value] of Object.entries(texts)) {
    // `kustomize.version.` is the older spelling.
    const version = /^kustomize\.(?:path|version)\.(.+)$/.exec(key)?.[1]
    if (version === undefined) continue
    const path = value.trim()
    if (!path.startsWith('/')) complain({ ...data, path: key }, 'HF2008', `argocd-cm: ${key} must be an absolute path`)
    else versions.push([version, readVersion(texts, version, path, data.reading.problems)])
  }
  return Object.fromEntries(versions)
}

function readSchemes(texts: Texts): readonly string[] {
  const text = entry(texts, 'helm.valuesFileSchemes')
  if (text === undefined) return DEFAULT_SOURCE_SETTINGS.valuesFileSchemes
  const schemes = text.split(',').map((scheme) => scheme.trim().toLowerCase())
  return schemes.filter((scheme) => scheme !== '')
}

type FromArgocdCm = Pick<
  SourceSettings,
  'kustomizeBuildOptions' | 'kustomizeProblem' | 'kustomizeVersions' | 'valuesFileSchemes' | 'enabled'
>

function readArgocdCm(data: Field): FromArgocdCm {
  const texts = stringMapOf(data)
  const options = readBuildOptions('kustomize.buildOptions', entry(texts, 'kustomize.buildOptions') ?? '')
  if (options.problem !== null) data.reading.problems.push(options.problem)
  return {
    kustomizeBuildOptions: options.words,
    kustomizeProblem: options.problem,
    kustomizeVersions: readVersions(data, texts),
    valuesFileSchemes: readSchemes(texts),
    enabled: {
      kustomize: readEnabled(data, texts, 'kustomize'),
      helm: readEnabled(data, texts, 'helm'),
      jsonnet: readEnabled(data, texts, 'jsonnet'),
    },
  }
}

function readRepositories(secrets: readonly KubeObject[], problems: Problem[]): readonly RepositoryAccess[] {
  const accesses = secrets.flatMap((secret) => {
    const parsed = parseRepositoryAccess(secret)
    problems.push(...parsed.problems)
    return parsed.value === null ? [] : [parsed.value]
  })
  return accesses.sort((a, b) => (a.from < b.from ? -1 : Number(a.from > b.from)))
}

/**
 * Reads everything the installation says about sources. Never throws. There is always a value: what cannot be used is
 * left out and reported, and build options that cannot be used forbid rendering with them (`kustomizeProblem`).
 */
export function parseSourceSettings(input: SourceSettingsInput): {
  readonly value: SourceSettings
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const dataOf = (name: string, object: KubeObject | null): Field => {
    const reading: Reading = { problems, subject: { object: `ConfigMap ${name}` } }
    return member({ reading, path: '', value: object ?? {} }, 'data')
  }
  const knownHosts = stringMapOf(dataOf('argocd-ssh-known-hosts-cm', input.knownHosts))
  const value: SourceSettings = {
    repositories: readRepositories(input.repositories, problems),
    tlsCertificates: stringMapOf(dataOf('argocd-tls-certs-cm', input.tlsCerts)),
    knownHosts: input.knownHosts === null ? null : (entry(knownHosts, 'ssh_known_hosts') ?? ''),
    gpgKeys: stringMapOf(dataOf('argocd-gpg-keys-cm', input.gpgKeys)),
    plugins: readPlugins(input.plugins, problems),
    ...readArgocdCm(dataOf('argocd-cm', input.argocdCm)),
  }
  return { value, problems }
}
