// `health` and `render` without a cluster, and how the three commands refuse.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command, type Said } from './command.ts'

const pod = (name: string, phase: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop}
spec: {restartPolicy: Always}
status: {phase: ${phase}, conditions: [{type: Ready, status: "True"}]}
`
const settings = (key: string): string => `apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm}
data: {"${key}": "return nil"}
`
const SECRET = `apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {token: from-git-5f3a}
`
const FILES = {
  'pod.yaml': pod('web', 'Running'),
  'own-health.yaml': settings('resource.customizations.health.example.com_Route'),
  'own-rules.yaml': settings('resource.customizations.ignoreDifferences.apps_Deployment'),
  'values.yaml': 'replicaCount: 2\n',
  'app/secret.yaml': SECRET,
  'half/good.yaml': pod('good', 'Running'),
  'half/bad.yaml': 'kind: {bad\n',
}

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'holdfast-offline-'))
  for (const [file, text] of Object.entries(FILES)) {
    await mkdir(join(cwd, file, '..'), { recursive: true })
    await writeFile(join(cwd, file), text)
  }
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

function holdfast(args: readonly string[], stdin = ''): Promise<Said> {
  const env = {
    PATH: process.env['PATH'],
    HOLDFAST_DATA_DIR: join(cwd, 'data'),
    KUBECONFIG: join(cwd, 'no-kubeconfig'),
  }
  return command(args, { cwd, env, stdin })
}

describe('holdfast health', () => {
  test.each([
    { phase: 'Running', exit: 0, status: 'Healthy' },
    { phase: 'Pending', exit: 1, status: 'Progressing' },
  ])('a pod that is $phase ends with $exit', async ({ phase, exit, status }) => {
    const said = await holdfast(['health', '-f', '-', '-o', 'json'], pod('web', phase))
    expect(said).toMatchObject({ exit, err: '' })
    expect(JSON.parse(said.out)).toEqual({ status, message: '' })
  })

  test('several objects are told by name', async () => {
    const said = await holdfast(
      ['health', '-f', '-', '-o', 'json'],
      `${pod('a', 'Running')}---\n${pod('b', 'Pending')}`,
    )
    expect(said.exit).toBe(1)
    expect(JSON.parse(said.out)).toMatchObject([
      { ref: { name: 'a' }, status: 'Healthy' },
      { ref: { name: 'b' }, status: 'Progressing' },
    ])
  })

  test.each(['', '{', 'just text', '- 1'])('nothing can be told of %j', async (text) => {
    expect(await holdfast(['health', '-f', '-'], text)).toMatchObject({ exit: 2, out: '' })
  })

  test('own health checks leave the question open, other settings do not', async () => {
    const own = await holdfast(['health', '-f', 'pod.yaml', '--argocd-cm', 'own-health.yaml'])
    expect(own.exit).toBe(2)
    expect(own.err).toMatch(/^HF2002: /)
    expect((await holdfast(['health', '-f', 'pod.yaml', '--argocd-cm', 'own-rules.yaml'])).exit).toBe(0)
  })
})

describe('holdfast render', () => {
  test('gives a namespace to objects that name none, and hides what Secrets hold', async () => {
    const said = await holdfast(['render', './app', '-n', 'shop', '-o', 'json'])
    expect(said).toMatchObject({ exit: 0, err: '' })
    expect(JSON.parse(said.out)).toMatchObject({ kind: 'List', items: [{ metadata: { namespace: 'shop' } }] })
    expect(said.out).not.toContain('from-git-5f3a')
  })

  test('prints what can be read, and ends with 2', async () => {
    const said = await holdfast(['render', './half'])
    expect(said.exit).toBe(2)
    expect(said.out).toContain('name: good')
    expect(said.err).toMatch(/^HF1003: /)
  })
})

describe('what cannot be answered ends with 2 and one line', () => {
  test.each([
    { code: 'HF7002', args: ['diff'] },
    { code: 'HF7002', args: ['diff', './app', '--desired', './half', '--live', 'pod.yaml'] },
    { code: 'HF7002', args: ['diff', './app', '-o', 'xml', '--live', 'pod.yaml'] },
    { code: 'HF7002', args: ['diff', './app', '--policy', 'pod.yaml', '--live', 'pod.yaml'] },
    { code: 'HF7002', args: ['diff', 'web', '--live', 'pod.yaml'] },
    { code: 'HF1004', args: ['diff', './nowhere', '--live', 'pod.yaml'] },
    { code: 'HF1004', args: ['diff', './app', '--live', 'nowhere.yaml'] },
    { code: 'HF1012', args: ['diff', './app', '--live', 'pod.yaml', '--app', 'pod.yaml'] },
    { code: 'HF1012', args: ['diff', 'values.yaml', '--live', 'pod.yaml'] },
    { code: 'HF4011', args: ['diff', './app'] },
    { code: 'HF4011', args: ['diff', 'web'] },
    { code: 'HF7002', args: ['render'] },
    { code: 'HF7002', args: ['render', './app', '--revision', 'main'] },
    { code: 'HF1004', args: ['render', './nowhere'] },
    { code: 'HF7002', args: ['health'] },
    { code: 'HF1004', args: ['health', '-f', 'nowhere.yaml'] },
  ])('$code: $args', async ({ args, code }) => {
    const said = await holdfast(args)
    expect(said).toMatchObject({ exit: 2, out: '' })
    expect(said.err).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`))
  })
})
