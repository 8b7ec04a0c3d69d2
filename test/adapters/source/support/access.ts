import {
  DEFAULT_SOURCE_SETTINGS,
  type RepositoryAccess,
  type SourceSettings,
} from '../../../../src/core/definition/index.ts'

/** A repository Secret with everything left out that is not given. */
export function accessOf(url: string, given: Partial<RepositoryAccess> = {}): RepositoryAccess {
  return {
    ...{ kind: 'repository', type: 'git', url, project: '', name: '', username: '', password: '', bearerToken: '' },
    ...{ sshPrivateKey: '', tlsClientCertData: '', tlsClientCertKey: '', insecure: false, enableLfs: false },
    ...{ enableOCI: false, insecureOCIForceHttp: false, forceHttpBasicAuth: false, proxy: '', noProxy: '', depth: 0 },
    ...{ githubApp: null, from: 'Secret argocd/repo' },
    ...given,
  }
}

export function settingsOf(
  repositories: readonly RepositoryAccess[],
  more: Partial<SourceSettings> = {},
): SourceSettings {
  return { ...DEFAULT_SOURCE_SETTINGS, repositories, ...more }
}
