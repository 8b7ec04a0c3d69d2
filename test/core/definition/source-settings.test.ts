import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accessFor,
  DEFAULT_SOURCE_SETTINGS,
  parseRepositoryAccess,
  parseSourceSettings,
  type RepositoryAccess,
  type SourceSettingsInput,
} from '../../../src/core/definition/index.ts'
import type { KubeObject } from '../../../src/core/kube/index.ts'

const SECRET = 'hunter2-do-not-print'

function secret(type: string, texts: Record<string, string>, rest: object = {}): KubeObject {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  )
  const labels = { 'argocd.argoproj.io/secret-type': type }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'repo', namespace: 'argocd', labels }, data, ...rest }
}

function access(texts: Record<string, string>, type = 'repository'): RepositoryAccess {
  const { value, problems } = parseRepositoryAccess(secret(type, texts))
  if (value === null) throw new Error(JSON.stringify(problems))
  return value
}

const textsOf = (problems: readonly { code: string; message: string }[]) =>
  problems.map(({ code, message }) => `${code} ${message}`)

// requirements: [S000-24]
describe('parseRepositoryAccess', () => {
  const url = 'https://git.example/a.git'
  it.each<[title: string, type: string, texts: Record<string, string>, expected: object | null, problems: string[]]>([
    [
      'a public repository',
      'repository',
      { url },
      { kind: 'repository', type: 'git', url, githubApp: null, depth: 0, insecure: false },
      [],
    ],
    [
      'a password',
      'repository',
      { url, username: 'u', password: `${SECRET}\n` },
      { username: 'u', password: `${SECRET}\n` },
      [],
    ],
    ['a template', 'repo-creds', { url, bearerToken: SECRET }, { kind: 'template', bearerToken: SECRET }, []],
    [
      'every switch',
      'repository',
      {
        url,
        insecure: 'true',
        enableLfs: '1',
        enableOCI: 'T',
        insecureOCIForceHttp: 'TRUE',
        forceHttpBasicAuth: 'true',
        depth: '3',
      },
      {
        insecure: true,
        enableLfs: true,
        enableOCI: true,
        insecureOCIForceHttp: true,
        forceHttpBasicAuth: true,
        depth: 3,
      },
      [],
    ],
    ['the older switch', 'repository', { url, insecureIgnoreHostKey: 'true' }, { insecure: true }, []],
    [
      'a chart repository',
      'repository',
      { url, type: 'helm', name: 'stable', project: ' web ' },
      { type: 'helm', name: 'stable', project: 'web' },
      [],
    ],
    ['an OCI registry', 'repository', { url: 'oci://registry.example/x' }, { type: 'oci' }, []],
    [
      'a GitHub App',
      'repo-creds',
      {
        url,
        githubAppID: '12',
        githubAppInstallationID: '34',
        githubAppPrivateKey: SECRET,
        githubAppEnterpriseBaseUrl: 'https://ghe',
      },
      { githubApp: { id: '12', installationId: '34', privateKey: SECRET, enterpriseBaseUrl: 'https://ghe' } },
      [],
    ],
    [
      'half a GitHub App',
      'repo-creds',
      { url, githubAppID: '12' },
      { githubApp: null },
      ['HF2008 githubAppPrivateKey is missing'],
    ],
    [
      'a switch that is none',
      'repository',
      { url, insecure: SECRET },
      { insecure: false },
      ['HF2008 insecure must be true or false'],
    ],
    [
      'a number that is none',
      'repository',
      { url, depth: SECRET },
      { depth: 0 },
      ['HF2008 depth must be a whole number'],
    ],
    [
      'a type that is none',
      'repository',
      { url, type: SECRET },
      { type: 'git' },
      ['HF2008 type must be git, helm or oci'],
    ],
    ['no URL', 'repository', { password: SECRET }, null, ['HF2008 url is missing']],
    ['another label', 'cluster', { url, password: SECRET }, null, ['HF2008 must be repository or repo-creds']],
    [
      'means of clouds',
      'repository',
      {
        url,
        gcpServiceAccountKey: SECRET,
        useAzureWorkloadIdentity: 'true',
        azureServicePrincipalClientSecret: SECRET,
      },
      {},
      [
        'HF2008 gcpServiceAccountKey is not supported',
        'HF2008 useAzureWorkloadIdentity is not',
        'HF2008 azureServicePrincipalClientSecret is not',
      ],
    ],
    ['one that is off', 'repository', { url, useAzureWorkloadIdentity: 'false' }, {}, []],
    ['a key nobody knows', 'repository', { url, Password: SECRET }, {}, ['HF2007 Password is not a known key']],
  ])('%s', (_title, type, texts, expected, problems) => {
    const parsed = parseRepositoryAccess(secret(type, texts))
    if (expected === null) expect(parsed.value).toBeNull()
    else expect(parsed.value).toMatchObject({ from: 'Secret argocd/repo', ...expected })
    const found = textsOf(parsed.problems)
    expect(found.length, found.join('\n')).toBe(problems.length)
    for (const [index, text] of problems.entries()) expect(found[index]).toContain(text.slice('HF2008 '.length))
    expect(JSON.stringify(parsed.problems)).not.toContain(SECRET)
  })

  it('lays stringData over data', () => {
    const object = secret('repository', { url: 'https://old', password: 'old' }, { stringData: { url } })
    expect(parseRepositoryAccess(object).value).toMatchObject({ url, password: 'old' })
  })

  it.each([[{ url: '%%%' }], [{ url: 'YQ' }], [{ url: 5 }], ['x']])('refuses data %j, without quoting it', (data) => {
    const object = { ...secret('repository', {}), data: { password: 'aHVudGVyMg==', ...(data as object) } }
    const { value, problems } = parseRepositoryAccess(object)
    expect(value).toBeNull()
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|aHVudGVyMg|%%%/)
  })

  it('survives any JSON', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(json, json, (junk, other) => {
        parseRepositoryAccess(junk as unknown as KubeObject)
        const bent = { ...secret('repository', { url }), data: junk, stringData: other } as unknown as KubeObject
        const { value, problems } = parseRepositoryAccess(bent)
        expect(value !== null || problems.length > 0).toBe(true)
      }),
    )
  })
})

describe('accessFor', () => {
  const open = (url: string, more: Record<string, string> = {}) =>
    access({ url, username: 'u', password: url, ...more })
  const template = (url: string, more: Record<string, string> = {}) =>
    access({ url, username: 't', password: url, ...more }, 'repo-creds')
  it.each<[title: string, repositories: RepositoryAccess[], url: string, expected: string | null]>([
    ['nothing is known', [], 'https://git.example/a', null],
    ['the same URL', [open('https://git.example/a')], 'https://git.example/a', 'https://git.example/a'],
    ['.git, / and case', [open('https://Git.Example/a.git')], 'HTTPS://git.example/A/', 'https://Git.Example/a.git'],
    [
      'two forms of ssh',
      [open('git@git.example:org/a.git')],
      'ssh://git@git.example/org/a',
      'git@git.example:org/a.git',
    ],
    ['another repository', [open('https://git.example/a')], 'https://git.example/b', null],
    ['a longer name', [open('https://git.example/a')], 'https://git.example/ab', null],
    ['a template', [template('https://git.example/org')], 'https://git.example/org/a', 'https://git.example/org'],
    ['a template of a host', [template('https://git.example')], 'https://git.example/org/a', 'https://git.example'],
    ['a template of ssh', [template('git@git.example:org')], 'git@git.example:org/a', 'git@git.example:org'],
    [
      'the longest template',
      [template('https://git.example'), template('https://git.example/org/a'), template('https://git.example/org')],
      'https://git.example/org/a/b',
      'https://git.example/org/a',
    ],
    [
      'the repository before a template',
      [template('https://git.example/a'), open('https://git.example/a')],
      'https://git.example/a',
      'https://git.example/a',
    ],
    ['a host that only begins so', [template('https://git.example')], 'https://git.example.evil.test/a', null],
    ['a host after a user', [template('https://git.example')], 'https://git.example:x@evil.test/a', null],
    ['another port', [template('https://git.example')], 'https://git.example:8443/a', null],
    ['another scheme', [template('https://git.example')], 'http://git.example/a', null],
    ['a template of everything', [template('https://')], 'https://git.example/a', null],
    [
      'the project’s own first',
      [
        open('https://git.example/a', { password: 'all' }),
        open('https://git.example/a', { project: 'web', password: 'own' }),
      ],
      'https://git.example/a',
      'own',
    ],
    ['another project’s', [open('https://git.example/a', { project: 'api' })], 'https://git.example/a', null],
    [
      'another project’s template',
      [template('https://git.example', { project: 'api' })],
      'https://git.example/a',
      null,
    ],
  ])('%s', (_title, repositories, url, expected) => {
    expect(accessFor({ repositories }, url, 'web')?.password ?? null).toBe(expected)
  })

  it('takes the template’s credentials for a repository that has none, and keeps the rest', () => {
    const own = access({ url: 'https://git.example/org/a', insecure: 'true', proxy: 'http://p' })
    const found = accessFor(
      { repositories: [own, template('https://git.example', { proxy: 'http://q', noProxy: 'x' })] },
      own.url,
      'web',
    )
    expect(found).toMatchObject({
      kind: 'repository',
      url: own.url,
      insecure: true,
      proxy: 'http://p',
      noProxy: 'x',
      username: 't',
      password: 'https://git.example',
    })
  })
})

describe('parseSourceSettings', () => {
  const none: SourceSettingsInput = {
    argocdCm: null,
    tlsCerts: null,
    knownHosts: null,
    gpgKeys: null,
    repositories: [],
    plugins: null,
  }
  const cm = (data: object): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data })
  it('has defaults where nothing is configured', () => {
    expect(parseSourceSettings(none)).toEqual({ value: DEFAULT_SOURCE_SETTINGS, problems: [] })
  })

  it.each<[title: string, data: Record<string, string>, expected: object, problems: string[]]>([
    [
      'build options',
      { 'kustomize.buildOptions': '--enable-helm  --load-restrictor LoadRestrictionsNone' },
      { kustomizeBuildOptions: ['--enable-helm', '--load-restrictor', 'LoadRestrictionsNone'], kustomizeProblem: null },
      [],
    ],
    [
      'a value with =',
      { 'kustomize.buildOptions': '--load-restrictor=LoadRestrictionsNone' },
      { kustomizeBuildOptions: ['--load-restrictor=LoadRestrictionsNone'] },
      [],
    ],
    ...[
      '--enable-exec',
      '--enable-alpha-plugins',
      '--network',
      '--network-name x',
      '--mount type=bind',
      '-o /x',
      '--output=/x',
      '--helm-command=/x',
      '--env A',
      '-e A',
      '/other/path',
      '--reorder',
    ].map((options): [string, Record<string, string>, object, string[]] => [
      `refuses ${options}`,
      { 'kustomize.buildOptions': `--enable-helm ${options}` },
      { kustomizeBuildOptions: [], kustomizeProblem: { code: 'HF2008' } },
      [`kustomize.buildOptions has ${options.split(' ')[0]}`],
    ]),
    [
      'versions of kustomize, with own options or those of all',
      {
        'kustomize.path.v4': '/opt/k4',
        'kustomize.version.v3': '/opt/k3',
        'kustomize.buildOptions': '--enable-helm',
        'kustomize.buildOptions.v4': '--reorder none',
      },
      {
        kustomizeVersions: {
          v4: { path: '/opt/k4', buildOptions: ['--reorder', 'none'], problem: null },
          v3: { path: '/opt/k3', buildOptions: ['--enable-helm'], problem: null },
        },
      },
      [],
    ],
    [
      'options of one version that cannot be used',
      { 'kustomize.path.v4': '/opt/k4', 'kustomize.buildOptions.v4': '--enable-exec' },
      { kustomizeProblem: null, kustomizeVersions: { v4: { problem: { code: 'HF2008' } } } },
      ['kustomize.buildOptions.v4 has --enable-exec'],
    ],
    [
      'a path that is none',
      { 'kustomize.path.v4': 'k4' },
      { kustomizeVersions: {} },
      ['kustomize.path.v4 must be an absolute path'],
    ],
    [
      'tools switched off',
      { 'helm.enable': 'false', 'kustomize.enable': 'true', 'jsonnet.enable': '' },
      { enabled: { helm: false, kustomize: true, jsonnet: true } },
      [],
    ],
    [
      'a switch that is none',
      { 'helm.enable': 'no' },
      { enabled: { helm: false } },
      ['helm.enable must be true or false'],
    ],
    ['schemes', { 'helm.valuesFileSchemes': 'https, S3,,' }, { valuesFileSchemes: ['https', 's3'] }, []],
    ['no scheme at all', { 'helm.valuesFileSchemes': '' }, { valuesFileSchemes: [] }, []],
  ])('%s', (_title, data, expected, problems) => {
    const parsed = parseSourceSettings({ ...none, argocdCm: cm(data) })
    expect(parsed.value).toMatchObject(expected)
    const found = textsOf(parsed.problems)
    expect(found.length, found.join('\n')).toBe(problems.length)
    for (const [index, text] of problems.entries()) expect(found[index]).toContain(text)
  })

  it('reads certificates, host keys, GPG keys and Secrets', () => {
    const parsed = parseSourceSettings({
      ...none,
      tlsCerts: cm({ 'git.example': 'PEM' }),
      knownHosts: cm({ ssh_known_hosts: 'git.example ssh-ed25519 AAAA' }),
      gpgKeys: cm({ '4AEE18F83AFDEB23': 'ARMOR' }),
      repositories: [secret('repository', { url: 'https://git.example/a' }), secret('repository', {})],
    })
    expect(parsed.value).toMatchObject({
      tlsCertificates: { 'git.example': 'PEM' },
      knownHosts: 'git.example ssh-ed25519 AAAA',
      gpgKeys: { '4AEE18F83AFDEB23': 'ARMOR' },
      repositories: [{ url: 'https://git.example/a' }],
    })
    expect(textsOf(parsed.problems)).toEqual(['HF2008 Secret argocd/repo: url is missing'])
    expect(parseSourceSettings({ ...none, knownHosts: cm({}) }).value.knownHosts).toBe('')
  })

  it('reads plugins', () => {
    const parsed = parseSourceSettings({
      ...none,
      plugins: cm({
        cdk: 'command: [cdk, synth]\nargs: [--quiet]\ninit: [npm, ci]\ndiscover: ["cdk.json"]\nnetwork: true\npassEnv: [HOME]\ntimeout: 30s',
        plain: 'command: [cat]',
      }),
    })
    expect(parsed.value.plugins).toEqual([
      {
        name: 'cdk',
        command: ['cdk', 'synth'],
        args: ['--quiet'],
        init: ['npm', 'ci'],
        discover: ['cdk.json'],
        network: true,
        passEnv: ['HOME'],
        timeoutMs: 30_000,
        problem: null,
      },
      {
        name: 'plain',
        command: ['cat'],
        args: [],
        init: [],
        discover: [],
        network: false,
        passEnv: [],
        timeoutMs: 90_000,
        problem: null,
      },
    ])
    expect(parsed.problems).toEqual([])
  })

  it.each<[name: string, text: string, discover: readonly string[] | null, message: string]>([
    ['empty', '', null, 'empty.command is missing'],
    ['broken', 'command: [', null, 'ConfigMap holdfast-plugins broken:'],
    ['text', 'cdk synth', null, 'text must be a map'],
    ['unknown', 'command: [a]\nshell: true', null, 'unknown.shell is not a known field'],
    ['misspelt', 'comand: [a]', [], 'misspelt.comand is not a known field'],
    ['both', 'comand: [a]\ndiscover: ["*.x"]', ['*.x'], 'both.comand is not a known field'],
    ['found', 'command: [a]\ndiscovr: ["*.x"]', null, 'found.discovr is not a known field'],
    ['capital', 'command: [a]\nDiscover: ["*.x"]', null, 'capital.Discover is not a known field'],
    ['argo', 'spec: {discover: {fileName: "*.x"}}', null, 'argo.spec is not a known field'],
    ['one', 'command: [a]\ndiscover: "*.x"', null, 'one.discover must be a list'],
    ['slow', 'command: [a]\ntimeout: forever', [], 'slow.timeout must be a duration'],
    ['env', 'command: [a]\npassEnv: ["A=b"]\ndiscover: [x]', ['x'], 'env.passEnv must list names'],
    ['two', 'command: [a]\n---\ncommand: [b]', [], 'two has several documents'],
  ])('a plugin that cannot be used is there with its problem: %s', (name, text, discover, message) => {
    const { value, problems } = parseSourceSettings({ ...none, plugins: cm({ [name]: text, zed: 'command: [z]' }) })
    const [plugin, other] = value.plugins
    expect([plugin?.name, plugin?.discover, other?.problem]).toEqual([name, discover, null])
    expect(plugin?.problem).toMatchObject({
      code: 'HF2008',
      message: expect.stringContaining(`the plugin ${name} cannot be used: ${message}`),
      subject: { object: 'ConfigMap holdfast-plugins' },
    })
    expect(problems[0]?.message).toContain(message)
  })

  it('survives any JSON', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(json, (junk) => {
        const object = junk as unknown as KubeObject
        const bent = cm(junk as object)
        parseSourceSettings({
          argocdCm: object,
          tlsCerts: object,
          knownHosts: object,
          gpgKeys: bent,
          repositories: [object],
          plugins: bent,
        })
        parseSourceSettings({ ...none, argocdCm: bent, knownHosts: bent })
      }),
    )
  })
})
