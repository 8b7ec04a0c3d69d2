import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DEFAULT_SOURCE_SETTINGS,
  parseApplication,
  type PluginDefinition,
  type PluginOptions,
  type SourceDefinition,
} from '../../../src/core/definition/index.ts'
import { problem } from '../../../src/core/problem/index.ts'
import { type Bench, configMap, definition, namesOf, problemOf, render, startBench } from './support/bench.ts'
import type { Files } from './support/direct.ts'

let bench: Bench
let folder: string
let made = 0
beforeAll(async () => {
  bench = await startBench({ failureMs: 0 })
  folder = await mkdtemp(join(tmpdir(), 'holdfast-plugins-'))
})
afterAll(async () => {
  await bench.end()
  await rm(folder, { recursive: true })
})

/** A plugin made of a shell script. */
const plugin = (script: string, rest: Partial<PluginDefinition> = {}): PluginDefinition => ({
  ...{ name: 'p', command: ['/bin/sh', '-c', script], args: [], init: [], discover: [], network: false },
  ...{ passEnv: ['PATH'], timeoutMs: 10_000, problem: null, ...rest },
})

const asked = (options: Partial<PluginOptions> = {}): Partial<SourceDefinition> => ({
  type: 'plugin',
  plugin: { name: 'p', env: [], parameters: [], ...options },
})

interface Call {
  readonly files?: Files
  readonly plugins: readonly PluginDefinition[]
  readonly source?: Partial<SourceDefinition>
  readonly bench?: Parameters<Bench['restart']>[0]
}

async function of(call: Call): ReturnType<typeof render> {
  made += 1
  const repo = await bench.git.createRepository(`plugin/r${made}`)
  await repo.commit(call.files ?? { 'app/a.txt': 'x' }, 'one')
  const source = bench.restart(call.bench)
  source.configure({ ...DEFAULT_SOURCE_SETTINGS, plugins: call.plugins })
  return render(source, { ...definition(repo.url, { path: 'app' }), ...(call.source ?? asked()) })
}

const PRINT = `printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: made}\\ndata: {v: "%s"}\\n' "$(CAT)"`
const showing = (what: string): string => PRINT.replace('CAT', what)
const dataOf = (rendered: Awaited<ReturnType<typeof render>>): unknown => rendered.objects[0]?.object['data']

/** [S002-17] */
describe('plugins', () => {
  test('print manifests, in a copy of the directory of the source', async () => {
    const files = { 'app/a.txt': 'here', 'app/deep/b.txt': 'deep', 'other/c.txt': 'secret' }
    const script = showing('cat a.txt deep/b.txt; ls ../other 2>/dev/null; touch new.txt; ls new.txt')
    const rendered = await of({ files, plugins: [plugin(script)] })
    expect([dataOf(rendered), rendered.sources[0]?.type]).toEqual([{ v: 'heredeepnew.txt' }, 'Plugin'])
    expect(rendered.sources[0]?.files).toEqual(['app/a.txt', 'app/deep/b.txt'])
  })
  test('of JSON, several documents and Lists; arguments come as they are written', async () => {
    const item = (name: string): unknown => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item('a'), item('b')] })
    const command = ['/bin/echo', list]
    expect(namesOf(await of({ plugins: [plugin('', { command, args: [] })] }))).toEqual(['a', 'b'])
    const args = ['$HOME; echo', '*']
    const echo = plugin(showing('echo "$0|$1"'), { args })
    expect(dataOf(await of({ plugins: [echo] }))).toEqual({ v: '$HOME; echo|*' })
  })
  test('are told of the application, the cluster and what it says to them', async () => {
    const names = [
      'ARGOCD_APP_NAME',
      'ARGOCD_APP_NAMESPACE',
      'ARGOCD_APP_SOURCE_PATH',
      'KUBE_VERSION',
      'KUBE_API_VERSIONS',
    ]
    const own = [
      'ARGOCD_ENV_GREETING',
      'PARAM_A_B',
      'PARAM_LIST_0',
      'PARAM_LIST_1',
      'PARAM_MAP_K_X',
      'ARGOCD_APP_PARAMETERS',
    ]
    const script = `${[...names, ...own].map((name) => `echo "$${name}"`).join(';')}`
    const source = asked({
      env: [{ name: 'GREETING', value: 'hello $ARGOCD_APP_NAME $$x ${KUBE_VERSION}' }],
      parameters: [
        { name: 'a-b', string: 's', array: null, map: null },
        { name: 'list', string: null, array: ['1', '2'], map: null },
        { name: 'map', string: null, array: null, map: { 'k.x': 'v' } },
      ],
    })
    const quoted = `printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"made"},"data":{"v":"%s"}}' "$( (${script}) | base64 -w0)"`
    const text = String((dataOf(await of({ plugins: [plugin(quoted)], source })) as { v: string }).v)
    expect(Buffer.from(text, 'base64').toString().trim().split('\n')).toEqual([
      ...['app', 'apps', 'app', '1.35.4', 'apps/v1,apps/v1/Deployment,v1,v1/ConfigMap'],
      ...['hello app $x 1.35.4', 's', '1', '2', 'v'],
      '[{"name":"a-b","string":"s"},{"name":"list","array":["1","2"]},{"name":"map","map":{"k.x":"v"}}]',
    ])
  })
  test('see of the surrounding environment only what they are to see', async () => {
    const env = { GIVEN: 'yes', KEPT: 'hunter2', KUBECONFIG: '/root/x' }
    const script = showing('echo "$GIVEN/$KEPT/$KUBECONFIG"; env | grep -c TOKEN')
    const rendered = await of({ plugins: [plugin(script, { passEnv: ['PATH', 'GIVEN', 'ABSENT'] })], bench: { env } })
    expect(dataOf(rendered)).toEqual({ v: 'yes//\n0'.replace('\n', ' ') })
  })
  test('init runs first, in the same directory', async () => {
    const script = join(folder, 'init.sh')
    await writeFile(script, '#!/bin/sh\necho prepared > init.txt\n')
    await chmod(script, 0o755)
    expect(dataOf(await of({ plugins: [plugin(showing('cat init.txt'), { init: [script] })] }))).toEqual({
      v: 'prepared',
    })
  })
  test('another content of a script gives another render', async () => {
    const script = join(folder, 'gen.sh')
    const command = ['/bin/sh', script]
    const source = bench.restart()
    const repo = await bench.git.createRepository('plugin/script')
    await repo.commit({ 'app/a.txt': 'x' }, 'one')
    source.configure({ ...DEFAULT_SOURCE_SETTINGS, plugins: [plugin('', { command })] })
    for (const word of ['one', 'three']) {
      await writeFile(script, showing(`echo ${word}`))
      expect(dataOf(await render(source, { ...definition(repo.url, { path: 'app' }), ...asked() }))).toEqual({
        v: word,
      })
    }
  })
  test.each<[string, string[], string | undefined]>([
    ['a name', ['made.conf'], 'Plugin'],
    ['a name elsewhere', ['other.conf'], 'Directory'],
    ['a star stays within a name', ['*.cue'], 'Directory'],
    ['two stars do not', ['**/*.cue'], 'Plugin'],
    ['a folder', ['deep/*/x.cue'], 'Plugin'],
    ['two stars stand for no folder too', ['**/made.conf'], 'Plugin'],
  ])('discovery: %s', async (_, discover, type) => {
    const files = { 'app/made.conf': 'x', 'app/deep/er/x.cue': 'x', 'app/cm.yaml': configMap('plain') }
    const rendered = await of({ files, plugins: [plugin(showing('echo'), { discover })], source: {} })
    expect(rendered.sources[0]?.type).toBe(type)
    const chosen = of({ files, plugins: [plugin(showing('echo'), { discover })], source: asked({ name: '' }) })
    if (type === 'Plugin') expect((await chosen).sources[0]?.type).toBe(type)
    else expect((await problemOf(chosen)).code).toBe('HF1013')
  })
  test('an Application chooses one', () => {
    const { value } = parseApplication({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'app', namespace: 'argocd' },
      spec: {
        source: { repoURL: 'file:///', path: '.', plugin: { name: 'p' } },
        destination: { server: 'https://kubernetes.default.svc' },
      },
    })
    expect(value?.sources[0]).toMatchObject({ type: 'plugin', plugin: { name: 'p' } })
  })
})

describe('plugins that fail', () => {
  test('none is there until it is configured', async () => {
    const said = await problemOf(of({ plugins: [] }))
    expect(said.code).toBe('HF1013')
    expect(`${said.message} ${said.action}`).toMatch(/"p".*holdfast-plugins/)
  })
  test('a failure carries the words of the plugin, without what must not be said', async () => {
    const script = 'echo "cannot reach the vault with $TOKEN and $ARGOCD_ENV_PASSWORD" >&2; exit 3'
    const call = {
      plugins: [plugin(script, { passEnv: ['TOKEN'] })],
      source: asked({ env: [{ name: 'PASSWORD', value: 'swordfish' }] }),
    }
    const said = await problemOf(of({ ...call, bench: { env: { TOKEN: 'hunter2hunter2' } } }))
    expect(said.code).toBe('HF1009')
    expect(said.message).toContain('cannot reach the vault')
    expect(JSON.stringify(said)).not.toMatch(/hunter2|swordfish/)
  })
  test.each<[string, Partial<PluginDefinition>, string]>([
    ['endless output', { command: ['/bin/sh', '-c', 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxx; done'] }, 'HF1010'],
    ['endless time', { command: ['/bin/sleep', '100'], timeoutMs: 300 }, 'HF1010'],
    ['no such program', { command: ['/nowhere/x'] }, 'HF1011'],
    ['no such program on the PATH', { command: ['no-such-program-here'] }, 'HF1011'],
    ['a program of the repository', { command: ['./run.sh'] }, 'HF1011'],
    ['init that fails', { init: ['/bin/false'] }, 'HF1009'],
  ])('%s', async (_, rest, code) => {
    const files = { 'app/run.sh': { executable: '#!/bin/sh\necho' } }
    const limits = { outputBytes: 1_000_000, renderMs: 5_000 }
    expect((await problemOf(of({ files, plugins: [plugin('true', rest)], bench: { limits } }))).code).toBe(code)
  })
  describe('configured wrongly', () => {
    const wrong = (rest: Partial<PluginDefinition>): PluginDefinition =>
      plugin('true', { problem: problem('HF2008', 'a typo', { object: 'ConfigMap holdfast-plugins' }), ...rest })
    const files = { 'app/main.x': 'x', 'app/a.yaml': configMap('plain') }
    test.each<[string, PluginDefinition, Partial<SourceDefinition>]>([
      ['named', wrong({}), asked()],
      ['found by what it discovers', wrong({ discover: ['*.x'] }), {}],
      ['perhaps to be found', wrong({ discover: null }), {}],
      ['perhaps to be found, where a plugin is asked for', wrong({ discover: null }), asked({ name: '' })],
    ])('%s: the render fails, and no other tool takes its place', async (_, one, source) => {
      expect(await problemOf(of({ files, plugins: [one], source }))).toMatchObject({
        code: 'HF2008',
        subject: { object: 'ConfigMap holdfast-plugins' },
      })
    })
    test.each<[string, PluginDefinition, Partial<SourceDefinition>]>([
      ['which it does not discover', wrong({ discover: ['*.y'] }), {}],
      ['which never looks for plugins', wrong({ discover: null }), { type: 'directory' }],
    ])('a source %s is rendered', async (_, one, source) => {
      expect(namesOf(await of({ files, plugins: [one], source }))).toEqual(['plain'])
    })
    test('a glob that nobody can read chooses nothing else', async () => {
      expect(await problemOf(of({ files, plugins: [plugin('true', { discover: ['[x'] })], source: {} }))).toMatchObject(
        { code: 'HF2008', message: expect.stringContaining('p.discover holds "[x"') },
      )
    })
  })
  test.each([
    ['echo "kind: [broken"', 'HF1003'],
    ['echo "no manifest"', 'HF1012'],
    [`${showing('true')}; printf -- '---\\nmetadata: {name: lost}\\n'`, 'HF1012'],
  ])('output that is no manifest fails the render: %s', async (script, code) => {
    expect(await problemOf(of({ plugins: [plugin(script)] }))).toMatchObject({ code, subject: { file: 'app' } })
  })
  test('a link out of the repository is refused', async () => {
    const files = { 'app/a': { symlink: '../../../../etc/passwd' } }
    expect((await problemOf(of({ files, plugins: [plugin('cat a')] }))).code).toBe('HF1006')
  })
})
