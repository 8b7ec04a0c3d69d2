// The commands against a real API server: what was freshly applied shows no difference, with reads alone and with dry runs.
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../../src/adapters/kube-http/index.ts'
import { createLog } from '../../../src/adapters/pino-log/index.ts'
import { systemClock } from '../../../src/adapters/system-clock/index.ts'
import { readObjects } from '../../../src/core/yaml/index.ts'
import { APPS, makeWorld, type World } from '../../kit/world.ts'
import { command, type Said } from './command.ts'

const caseFile = (name: string): string => fileURLToPath(new URL(`../../cases/kinds/${name}`, import.meta.url))
const KINDS = caseFile('all.yaml')
const MORE = caseFile('more.yaml')
const world = await makeWorld('the command line on a cluster')

let env: Readonly<Record<string, string | undefined>>

function holdfast(...args: string[]): Promise<Said> {
  return command(args, { cwd: (world as World).directory, env })
}

/** As `kubectl apply` or `kubectl create` bring a file in; a kind that is not served yet is waited for. */
async function bringIn(file: string, how: 'apply' | 'create'): Promise<void> {
  const cluster = await connect({
    env,
    version: 'test',
    clock: systemClock,
    log: createLog({ level: 'silent' }),
    discoveryIntervalMs: 50,
  })
  const { objects, problems } = readObjects(await readFile(file, 'utf8'), { file })
  expect(problems).toEqual([])
  for (const { object } of objects) {
    const end = Date.now() + 15_000
    for (;;) {
      try {
        await cluster.writer[how](object)
        break
      } catch (error) {
        if (Date.now() > end) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
  await cluster.close()
}

describe.skipIf(world === undefined)('on a real control plane', () => {
  const { plane, directory, editor, git } = (world ?? {}) as World

  beforeAll(async () => {
    env = {
      PATH: process.env['PATH'],
      HOME: directory,
      KUBECONFIG: plane.kubeconfig,
      HOLDFAST_KUSTOMIZE: process.env['HOLDFAST_KUSTOMIZE'],
      HOLDFAST_DATA_DIR: join(directory, 'cli-data'),
    }
    await mkdir(join(directory, 'files'))
    await bringIn(KINDS, 'apply')
    await bringIn(MORE, 'apply')
  }, 60_000)
  afterAll(() => world?.close(), 30_000)

  // requirements: [S000-41, S001-24, S001-25, S002-28]
  for (const file of [KINDS, MORE]) {
    for (const learn of ['never', 'dry-run']) {
      test(`every kind of ${basename(file)}, freshly applied, differs in nothing (--learn ${learn})`, async () => {
        const said = await holdfast('diff', file, '--learn', learn)
        expect(said.out).toMatch(/^\(nothing differs\)/)
        expect(said).toMatchObject({ err: '', exit: 0 })
      })
    }
  }

  test('a hand edit is found and named, and nothing else of the cluster is told', async () => {
    await editor.patch('merge', '/api/v1/namespaces/shop/configmaps/settings', { data: { mode: 'slow', more: 'x' } })
    for (const learn of ['never', 'dry-run']) {
      const said = await holdfast('diff', KINDS, '--learn', learn, '-o', 'json')
      const report = JSON.parse(said.out)
      const [object] = report.objects
      expect(object.fields.map(({ path, change }: { path: string; change: string }) => [path, change])).toEqual([
        ['.data.mode', 'changed'],
        ['.data.more', 'added'],
      ])
      expect(object.fields[0].cause.actor.manager).toBe('kubectl-edit')
      expect(report.objects).toHaveLength(1)
      expect(said.exit).toBe(1)
    }
  })

  test('install leaves alone what somebody else installed, and brings in what is missing, once', async () => {
    await editor.remove('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applicationsets.argoproj.io')
    await editor.until(
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/applicationsets.argoproj.io',
      ({ status }) => status === 404,
    )
    const planned = await holdfast('install')
    expect(planned.out).toContain('applicationsets.argoproj.io would be created')
    expect(planned.out).toContain('applications.argoproj.io left as it is: installed by install')
    const done = await holdfast('install', '--crds')
    expect(done).toMatchObject({ err: '', exit: 0 })
    expect(done.out).toContain('applicationsets.argoproj.io created')
    expect((await holdfast('install', '--crds')).out).toContain('applicationsets.argoproj.io unchanged')
    expect((await holdfast('install', '-o', 'yaml')).out).toContain('kind: CustomResourceDefinition')
  })

  describe('an Application', () => {
    beforeAll(async () => {
      const repository = await git.createRepository('web')
      const manifest = await readFile(KINDS, 'utf8')
      const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: fast}\n'
      await repository.commit({ 'app/settings.yaml': configMap, 'kinds/all.yaml': manifest }, 'first')
      const application = (world as World).application('web', repository, { path: 'app' })
      await editor.create(APPS, application)
      await editor.create(APPS, (world as World).application('quiet', repository, { path: 'app', namespace: 'shop' }))
      await writeFile(join(directory, 'files', 'settings.yaml'), configMap.replace('fast', 'local'))
    })

    test('another image for it, in a checkout of its repository [S004-66]', async () => {
      const repository = await git.createRepository('pods')
      const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: app, image: web:1}]}\n'
      await repository.commit({ 'app/pod.yaml': pod }, 'first')
      const application = (world as World).application('pods', repository, { path: 'app', namespace: 'nowhere' })
      await editor.create(APPS, application)
      const [own, other] = [join(directory, 'pods'), join(directory, 'elsewhere')]
      const author = { GIT_AUTHOR_NAME: 'CI', GIT_AUTHOR_EMAIL: 'ci@x.example' }
      const committer = { GIT_COMMITTER_NAME: 'CI', GIT_COMMITTER_EMAIL: 'ci@x.example' }
      const gitIn = async (cwd: string, ...args: string[]): Promise<string> =>
        (await promisify(execFile)('git', args, { cwd })).stdout
      await gitIn(directory, 'clone', '--quiet', repository.url, own)
      await gitIn(directory, 'init', '--quiet', other)
      const run = (cwd: string, ...args: string[]): Promise<Said> =>
        command(['set-image', 'pods', 'app=web:2', ...args], { cwd, env: { ...env, ...author, ...committer } })
      expect((await run(other)).err).toMatch(/^HF8006: .* is no checkout of the Application’s repository/)
      expect(await run(own, '--commit')).toMatchObject({ exit: 0, err: '' })
      expect(await gitIn(own, 'diff', '--numstat', 'HEAD~1')).toBe('1\t1\tapp/pod.yaml\n')
      expect(await gitIn(own, 'log', '-1', '--format=%s')).toBe('Set app to web:2 in pods\n')
    })

    test('nobody takes a sync when no controller runs: told, and the request withdrawn', async () => {
      const said = await holdfast('app', 'sync', 'quiet', '--timeout', '30')
      expect(said.exit).toBe(2)
      expect(said.err).toMatch(/^HF7005: no controller took the sync of quiet within 10 s/)
      expect((await editor.get(`${APPS}/quiet`)).body.operation).toBeUndefined()
    }, 30_000)

    test('is listed, told, compared, synced and remembered', async () => {
      const running = await (world as World).start({ enforceApps: ['web'] })
      try {
        await (world as World).untilApp('web', ({ status }) => (status as never)?.['sync']?.['status'] === 'Synced')
        const list = await holdfast('app', 'list')
        expect(list.out).toMatch(/argocd\/web +web +default +Synced +Healthy/)
        expect((await holdfast('app', 'list', '--sync-status', 'Synced', '-o', 'name')).out).toContain('argocd/web\n')
        const get = await holdfast('app', 'get', 'web', '--refresh')
        expect(get).toMatchObject({ err: '', exit: 0 })
        expect(get.out).toContain('ConfigMap web/settings')
        expect(await holdfast('app', 'diff', 'web')).toMatchObject({ err: '', exit: 0 })
        expect(await holdfast('diff', 'web', '--learn', 'dry-run')).toMatchObject({ err: '', exit: 0 })
        const local = await holdfast('diff', 'web', '--desired', 'files')
        expect(local.out).toContain('~ .data.mode: "local" → "fast"')
        expect(local.exit).toBe(1)
        const synced = await holdfast('app', 'sync', 'web')
        expect(synced).toMatchObject({ err: '', exit: 0 })
        expect(synced.out).toMatch(/ConfigMap web\/settings +Synced/)
        expect(synced.out).toMatch(/web: Succeeded at [0-9a-f]{40}/)
        expect((await editor.get(`${APPS}/web`)).body.status.operationState.operation.initiatedBy.username).toBe(
          'admin',
        )
        expect((await holdfast('app', 'history', 'web')).out).toMatch(/0 +\d{4}-.* +[0-9a-f]{40} +automated/)
        expect((await holdfast('render', 'web')).out).toContain('namespace: web')
      } finally {
        await (world as World).stop(running)
      }
    }, 60_000)

    test('what left Git is an extra object', async () => {
      await editor.create('/api/v1/namespaces/web/configmaps', {
        metadata: {
          name: 'old',
          annotations: { 'argocd.argoproj.io/tracking-id': 'web:/ConfigMap:web/old' },
        },
      })
      const said = await holdfast('diff', 'web')
      expect(said.out).toContain('ConfigMap web/old  extra: in the cluster, not in Git')
      expect(said.exit).toBe(1)
    })

    test('one that does not exist is told by name', async () => {
      const said = await holdfast('diff', 'nobody')
      expect(said).toMatchObject({ out: '', exit: 2 })
      expect(said.err).toMatch(/^HF7003: there is no Application nobody in namespace argocd/)
    })
  })
})
