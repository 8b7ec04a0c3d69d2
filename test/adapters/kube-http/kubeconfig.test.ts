import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusterConfig, inCluster, loadKubeConfig } from '../../../src/adapters/kube-http/index.ts'
import { HoldfastError } from '../../../src/core/problem/index.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-kubeconfig-'))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const base = (user: string, cluster = ''): string => `
apiVersion: v1
kind: Config
current-context: main
contexts: [{name: main, context: {cluster: c, user: u, namespace: team}}]
clusters: [{name: c, cluster: {server: "https://example.test:6443/"${cluster}}}]
users: [{name: u, user: {${user}}}]
`

const FILES: Record<string, string> = {
  token: base('token: "0123456789"'),
  'token-plain': base('token: 0x10'),
  tokenFile: base('tokenFile: t, token: ignored'),
  certificate: base('client-certificate: c.pem, client-key-data: a2V5'),
  'half-certificate': base('client-certificate: c.pem'),
  basic: base('username: ann, password: pw'),
  impersonate: base('token: t, as: bob, as-uid: "7", as-groups: [a, b], as-user-extra: {k: [x, y]}'),
  exec: base(
    'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a], env: [{name: A, value: b}], interactiveMode: Never, provideClusterInfo: true}',
  ),
  'auth-provider': base('auth-provider: {name: gcp}'),
  cluster: base('token: t', ', certificate-authority: ca.crt, tls-server-name: other, proxy-url: "http://proxy:3128"'),
  insecure: base('token: t', ', insecure-skip-tls-verify: true'),
  'insecure-ca': base('token: t', ', insecure-skip-tls-verify: true, certificate-authority-data: Y2E='),
  'no-context': 'apiVersion: v1\nkind: Config\n',
  'bad-context': base('token: t').replace('current-context: main', 'current-context: gone'),
  'bad-cluster': base('token: t').replace('cluster: c,', 'cluster: gone,'),
  'bad-server': base('token: t').replace('https://example.test:6443/', 'ftp://x'),
  'bad-yaml': 'users:\n- name: u\n  user: {token: s3cr3t-token\n- x: ]\n',
  'not-map': '- 1\n',
  empty: '',
  second: `
current-context: other
contexts: [{name: other, context: {cluster: d, user: u}}]
clusters: [{name: d, cluster: {server: "http://127.0.0.1:8080"}}, {name: c, cluster: {server: "https://shadowed"}}]
users: [{name: u, user: {token: second}}]
`,
}

const USER = { token: null, tokenFile: null, basic: null, certificate: null, exec: null, impersonate: null }

const GOOD: { file: string; user?: object; cluster?: object }[] = [
  {
    file: 'token',
    user: { ...USER, token: '0123456789' },
    cluster: { server: 'https://example.test:6443', namespace: 'team', insecure: false, ca: null },
  },
  { file: 'token-plain', user: { ...USER, token: '0x10' } },
  { file: 'tokenFile', user: { ...USER, token: 'ignored', tokenFile: '$/t' } },
  {
    file: 'certificate',
    user: { ...USER, certificate: { cert: { file: '$/c.pem' }, key: { data: Buffer.from('key') } } },
  },
  { file: 'basic', user: { ...USER, basic: { username: 'ann', password: 'pw' } } },
  {
    file: 'impersonate',
    user: { ...USER, token: 't', impersonate: { user: 'bob', uid: '7', groups: ['a', 'b'], extra: { k: ['x', 'y'] } } },
  },
  {
    file: 'exec',
    user: {
      ...USER,
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: './plugin',
        args: ['a'],
        env: { A: 'b' },
        directory: '$',
        provideClusterInfo: true,
        interactiveMode: 'Never',
        installHint: '',
      },
    },
  },
  { file: 'cluster', cluster: { ca: { file: '$/ca.crt' }, serverName: 'other', proxyUrl: 'http://proxy:3128' } },
  { file: 'insecure', cluster: { insecure: true, ca: null } },
]

const BAD: { file: string; says: string }[] = [
  { file: 'half-certificate', says: 'belong together' },
  { file: 'auth-provider', says: 'use an exec plugin' },
  { file: 'insecure-ca', says: 'exclude each other' },
  { file: 'no-context', says: 'no current context' },
  { file: 'bad-context', says: 'context "gone" is not in it (has: main)' },
  { file: 'bad-cluster', says: 'cluster "gone" is not in it (has: c)' },
  { file: 'bad-server', says: 'server must be an http or https URL' },
  { file: 'bad-yaml', says: 'is not valid YAML' },
  { file: 'not-map', says: 'is not a kubeconfig' },
  { file: 'empty', says: 'no current context' },
  { file: 'missing', says: 'does not exist' },
]

const located = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll('$', directory), (_key, item) =>
    item?.type === 'Buffer' ? Buffer.from(item.data) : item,
  )

function problemOf(run: () => unknown): HoldfastError['problem'] {
  try {
    run()
  } catch (error) {
    if (error instanceof HoldfastError) return error.problem
  }
  throw new Error('no problem')
}

describe('kubeconfig', () => {
  for (const { file, user, cluster } of GOOD) {
    it(`reads ${file}`, () => {
      const config = loadKubeConfig({ path: join(directory, file), env: {} })
      if (user !== undefined) expect(config.user).toEqual(located(user))
      if (cluster !== undefined) expect(config).toMatchObject(located(cluster) as object)
      expect(config.origin).toContain('context "main"')
    })
  }
  for (const { file, says } of BAD) {
    it(`refuses ${file}, and repeats no secret`, () => {
      const { code, message } = problemOf(() => loadKubeConfig({ path: join(directory, file), env: {} }))
      expect(code).toBe('HF4011')
      expect(message).toContain(says)
      expect(message).toContain(file)
      expect(message).not.toContain('s3cr3t')
    })
  }

  it('merges the KUBECONFIG list: the first to name something wins, missing files are passed over', () => {
    const KUBECONFIG = ['missing', 'token', 'second'].map((name) => join(directory, name)).join(delimiter)
    expect(loadKubeConfig({ env: { KUBECONFIG } }).server).toBe('https://example.test:6443')
    const other = loadKubeConfig({ env: { KUBECONFIG }, context: 'other' })
    expect(other).toMatchObject({
      server: 'http://127.0.0.1:8080',
      namespace: 'default',
      user: { token: '0123456789' },
    })
  })

  it('finds $HOME/.kube/config, and says so when there is nothing', () => {
    const home = join(directory, 'home')
    mkdirSync(join(home, '.kube'), { recursive: true })
    writeFileSync(join(home, '.kube', 'config'), FILES['token'] ?? '')
    expect(loadKubeConfig({ env: { HOME: home } }).user.token).toBe('0123456789')
    expect(problemOf(() => loadKubeConfig({ env: {} })).message).toContain('no cluster is named')
    expect(problemOf(() => loadKubeConfig({ env: { KUBECONFIG: '/dev/null' } })).code).toBe('HF4011')
  })
})

describe('in-cluster', () => {
  it('takes host, token file, CA and namespace from the pod', () => {
    const pod = join(directory, 'pod')
    mkdirSync(pod, { recursive: true })
    for (const [name, text] of [
      ['token', 'T'],
      ['ca.crt', 'CA'],
      ['namespace', 'holdfast\n'],
    ] as const)
      writeFileSync(join(pod, name), text)
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
    expect(inCluster({ env, directory: pod })).toMatchObject({
      server: 'https://[fd00::1]:6443',
      namespace: 'holdfast',
      ca: { file: join(pod, 'ca.crt') },
      user: { tokenFile: join(pod, 'token') },
    })
    expect(problemOf(() => inCluster({ env, directory: join(directory, 'no-pod') })).message).toContain('token')
    expect(problemOf(() => inCluster({ env: {}, directory: pod })).message).toContain('KUBERNETES_SERVICE_HOST')
  })

  it('a kubeconfig that is named wins', () => {
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBECONFIG: join(directory, 'token') }
    expect(clusterConfig({ env }).origin).toContain('kubeconfig')
    expect(problemOf(() => clusterConfig({ env: {}, inCluster: 'always' })).code).toBe('HF4011')
  })
})
