// A real Helm, run by hand against what Git declares: named with its release and the revision that its record tells.
// requirements: [S002-57]
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHelm, writeChart } from '../../tools/helm.mjs'
import { makeWorld, type World } from '../kit/world.ts'
import { command } from '../surfaces/cli/command.ts'

const NS = 'one-off'
const CHART = {
  'values.yaml': 'mode: slow\n',
  'templates/settings.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: "{{ .Values.mode }}"}\n',
}

let world: World | undefined
let home: string
beforeAll(async () => {
  world = await makeWorld('one-off helm')
  home = await mkdtemp(join(tmpdir(), 'holdfast-one-off-'))
}, 1_200_000)
afterAll(async () => {
  await world?.close()
  await rm(home, { recursive: true, force: true })
})

it('is told as Helm outside Git, with release and revision, and whose its record is', async () => {
  if (world === undefined) return
  const helm = await openHelm(home)
  const chart = await writeChart(home, { name: 'shop', files: CHART })
  const upgrade = (mode: string): Promise<string> => {
    const where = ['--kubeconfig', (world as World).plane.kubeconfig, '--namespace', NS, '--create-namespace']
    return helm.call('upgrade', '--install', 'shop', chart, '--set', `mode=${mode}`, ...where)
  }
  await mkdir(join(home, 'git'))
  const declared = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: ${NS}}\ndata: {mode: fast}\n`
  await writeFile(join(home, 'git', 'settings.yaml'), declared)
  const explain = async (): Promise<string> => {
    const env = { KUBECONFIG: (world as World).plane.kubeconfig, HOLDFAST_DATA_DIR: home }
    return (await command(['explain', 'cm/settings/data/mode', '--desired', 'git'], { cwd: home, env })).out
  }
  await upgrade('slow')
  const first = await explain()
  expect(first).toContain('Helm outside Git: release one-off/shop, revision 1')
  expect(first).toContain('evidence object: Secret one-off/sh.helm.release.v1.shop.v1: revision 1, deployed')
  await upgrade('slower')
  const second = await explain()
  expect(second).toContain('by helm (likely)')
  expect(second).toContain('Helm outside Git: release one-off/shop, revision 2')
  // Nobody who edits what a release brought is taken for Helm.
  await world.editor.patch('merge', `/api/v1/namespaces/${NS}/configmaps/settings`, { data: { mode: 'odd' } })
  const third = await explain()
  expect(third).toContain('by kubectl-edit (likely)')
  expect(third).not.toContain('Helm outside Git')
}, 60_000)
