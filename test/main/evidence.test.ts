import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AppDefinition, parseApplication } from '../../src/core/definition/index.ts'
import type { DesiredObject, DesiredSet, Origin, Rendered, RenderedSource } from '../../src/core/desired/index.ts'
import { type History, localHistory, originsOf, sourceHistory } from '../../src/main/evidence.ts'
import type { FileChange, RevisedSource } from '../../src/ports/source.ts'

function definition(): AppDefinition {
  const { value } = parseApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'argocd' },
    spec: {
      sources: [
        { repoURL: 'https://git.example/values', ref: 'values' },
        { repoURL: 'https://git.example/charts', path: 'web', helm: { valueFiles: ['$values/prod.yaml'] } },
        { repoURL: 'https://git.example/plain', path: 'plain' },
      ],
      destination: { server: 'https://kubernetes.default.svc', namespace: 'prod' },
    },
  })
  if (value === null) throw new Error('no definition')
  return value
}

const object = (name: string, origin: Origin): DesiredObject =>
  ({ ref: { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name }, origin }) as DesiredObject
const source = (part: Partial<RenderedSource>): RenderedSource =>
  ({
    revision: '',
    type: 'Helm',
    key: '',
    tool: 'helm',
    from: 'render',
    tookMs: 0,
    files: [],
    ...part,
  }) as RenderedSource

const desired = {
  objects: [
    object('made', { file: 'web/templates/a.yaml', line: 0, source: 1 }),
    object('too', { file: 'web/templates/b.yaml', line: 0, source: 1 }),
    object('written', { file: 'plain/a.yaml', line: 3, source: 2 }),
    object('nowhere', { file: '', line: 0 }),
  ],
} as unknown as DesiredSet
const rendered = {
  sources: [
    source({
      source: 1,
      files: ['web/Chart.yaml', 'web/templates/a.yaml', '$values/prod.yaml'],
      refFiles: [{ ref: 'values', file: 'prod.yaml' }],
    }),
    source({ source: 2, type: 'Directory', files: ['plain/a.yaml', 'plain/b.yaml'] }),
  ],
} as unknown as Rendered

describe('what an object follows from', () => {
  it('is its own file, or all that the tool read, each in its own repository', async () => {
    const asked: Parameters<History>[0][number][] = []
    const origins = await originsOf({ desired, rendered, definition: definition() }, async (wanted) => {
      asked.push(...wanted)
      return wanted.map((_, index) => ({
        commit: `c${index}`,
        author: 'A',
        date: '2026-01-01T00:00:00Z',
        subject: 's',
      }))
    })
    expect(asked).toEqual([
      [
        { source: 1, files: ['web/Chart.yaml', 'web/templates/a.yaml'] },
        { source: 0, files: ['prod.yaml'] },
      ],
      [{ source: 2, files: ['plain/a.yaml'] }],
    ])
    expect([...origins.values()].map(({ change }) => change?.commit)).toEqual(['c0', 'c0', 'c1', undefined])
  })
  it('is asked once per commit of a repository, and the last change counts', async () => {
    const asked: string[] = []
    const history = sourceHistory(
      {
        lastChange: async ({ source: { repoURL } }, files) => {
          asked.push(`${repoURL} ${files.join(' ')}`)
          if (repoURL.endsWith('plain')) throw new Error('away')
          const date = repoURL.endsWith('values') ? '2026-01-02T00:00:00+00:00' : '2026-01-01T23:30:00-01:00'
          return { commit: repoURL, author: 'A', date, subject: 's' }
        },
      },
      definition().sources.map((one): RevisedSource => ({ source: one, revision: 'abc' })),
    )
    const found = await history([
      [
        { source: 1, files: ['a', 'b'] },
        { source: 0, files: ['c'] },
        { source: 1, files: ['d'] },
        { source: 7, files: ['e'] },
      ],
      [{ source: 2, files: ['f'] }],
    ])
    expect(asked).toEqual([
      'https://git.example/charts a b d',
      'https://git.example/values c',
      'https://git.example/plain f',
    ])
    expect(found.map((change) => change?.commit ?? null)).toEqual(['https://git.example/charts', null])
  })
})

describe('the history of a working copy', () => {
  let cwd = ''
  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'holdfast-evidence-'))
  })
  afterAll(() => rm(cwd, { recursive: true, force: true }))
  async function commit(author: string, file: string, text: string): Promise<void> {
    await mkdir(dirname(join(cwd, file)), { recursive: true })
    await writeFile(join(cwd, file), text)
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', `user.name=${author}`, '-c', 'user.email=x@example.com', ...args], { cwd })
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '-m', `by ${author}`)
  }
  it('names who changed any of the files last', async () => {
    await commit('Anna', 'overlay/kustomization.yaml', 'resources: [../base]\n')
    await commit('Cleo', 'base/a.yaml', 'a: 1\n')
    await commit('Dora', 'other/b.yaml', 'a: 1\n')
    const history = localHistory({ cwd, env: process.env })
    const wanted = [['overlay/kustomization.yaml', 'base/a.yaml'], ['overlay/kustomization.yaml'], ['gone.yaml']]
    const found = await history(wanted.map((files) => [{ source: 0, files }]))
    const told = (change: FileChange | null): string => `${change?.author} ${change?.file}`
    expect(found.map(told)).toEqual([
      'Cleo <x@example.com> base/a.yaml',
      'Anna <x@example.com> overlay/kustomization.yaml',
      'undefined undefined',
    ])
  })
})
