import {
  DEFAULT_SOURCE_SETTINGS,
  type RepositoryAccess,
  type SourceSettings,
} from '../../../../src/core/definition/index.ts'

/** A repository Secret as it is read, with everything that is not given left out. */
export function accessTo(url: string, rest: Partial<RepositoryAccess> = {}): RepositoryAccess {
  return {
    ...{ kind: 'repository', type: 'helm', url, project: '', name: '', username: '', password: '', bearerToken: '' },
    ...{ sshPrivateKey: '', tlsClientCertData: '', tlsClientCertKey: '', insecure: false, enableLfs: false },
    ...{ enableOCI: false, insecureOCIForceHttp: false, forceHttpBasicAuth: false, proxy: '', noProxy: '', depth: 0 },
    ...{ githubApp: null, from: 'Secret argocd/charts' },
    ...rest,
  }
}

export function settingsWith(
  repositories: readonly RepositoryAccess[],
  rest: Partial<SourceSettings> = {},
): SourceSettings {
  return { ...DEFAULT_SOURCE_SETTINGS, repositories, ...rest }
}
