import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../../tools/progress.mjs'
import { createScratch, removeScratch } from '../../tools/scratch.mjs'
import { cacheDirectory } from '../../tools/tool-catalogue.mjs'

const SCRIPT = new URL('../../tools/binaries.mjs', import.meta.url).pathname

describe('where the tools are found', () => {
  let scratch = ''
  let environment: Record<string, string> = {}
  beforeAll(async () => {
    scratch = await createScratch('holdfast-binaries')
  })
  afterAll(() => removeScratch(scratch))
  beforeEach(() => {
    environment = { PATH: '/usr/bin:/bin', XDG_CACHE_HOME: join(scratch, 'cache'), HOME: scratch }
  })

  async function program(path: string, prints: string): Promise<string> {
    const file = join(scratch, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `#!/bin/sh\necho '${prints}'\n`)
    await chmod(file, 0o755)
    return file
  }

  const ask = (...names: string[]) => run(process.execPath, [SCRIPT, ...names], { env: environment })

  it('an explicit variable comes first, whatever its version', async () => {
    environment['HOLDFAST_KUSTOMIZE'] = await program('own/my-kustomize', 'v3.1.0')
    environment['KUBEBUILDER_ASSETS'] = dirname(await program('assets/kustomize', 'v5.0.0'))
    expect(await ask('kustomize')).toMatchObject({
      code: 0,
      stdout: `kustomize=${environment['HOLDFAST_KUSTOMIZE']}\n`,
    })
  })

  it('an explicit variable that names nothing usable is an error, not a reason to look elsewhere', async () => {
    environment['TEST_ASSET_KUBE_APISERVER'] = join(scratch, 'absent')
    const { code, stderr } = await ask('kube-apiserver')
    expect(code).toBe(2)
    expect(stderr).toContain('TEST_ASSET_KUBE_APISERVER=')
    expect(stderr).toContain('no such file')
  })

  it('KUBEBUILDER_ASSETS may hold only some of them', async () => {
    environment['KUBEBUILDER_ASSETS'] = dirname(await program('some/etcd', 'etcd Version: 3.5.9'))
    environment['HOLDFAST_HELM'] = await program('own/helm', 'v4.0.0')
    const { stdout } = await ask('etcd', 'helm')
    expect(stdout).toBe(`etcd=${join(scratch, 'some/etcd')}\nhelm=${join(scratch, 'own/helm')}\n`)
  })

  it('PATH serves when the version fits', async () => {
    const fits = await program('fits/helm', 'v4.2.0')
    await program('old/helm', 'v3.19.0')
    environment['PATH'] = `${join(scratch, 'old')}:${join(scratch, 'fits')}:/bin`
    expect(await ask('helm')).toMatchObject({ code: 0, stdout: `helm=${fits}\n` })
  })

  it('without a copy and without Go the message names what is missing and what to do', async () => {
    environment['PATH'] = '/nowhere'
    const { code, stdout, stderr } = await ask('jsonnet', 'kube-controller-manager')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('missing jsonnet, kube-controller-manager')
    expect(stderr).toContain('HOLDFAST_KUBE_CONTROLLER_MANAGER')
    expect(stderr).toContain('go.dev')
  })

  it('an unknown name is refused with the known ones', async () => {
    const { code, stderr } = await ask('kubelet')
    expect(code).toBe(2)
    expect(stderr).toContain('kube-apiserver')
  })

  it('the cache lies outside the work tree, apart for each module', () => {
    expect(new Set((['helm', 'etcd', 'registry'] as const).map(cacheDirectory)).size).toBe(3)
    expect(cacheDirectory('kube-apiserver')).toBe(cacheDirectory('etcd'))
    expect(cacheDirectory('helm')).not.toContain(new URL('../..', import.meta.url).pathname)
  })
})
