import { expect, it } from 'vitest'
import { HoldfastError, problem } from '../../src/core/problem/index.ts'
import { listApplications, readApplication } from '../../src/main/applications.ts'

const refusing = (code: 'HF3002' | 'HF4010') => {
  const refuse = () => Promise.reject(new HoldfastError(problem(code, 'no')))
  return { list: refuse, get: refuse }
}
const place = { namespace: 'argocd', name: 'web' }

it('says how a cluster without Applications gets them', async () => {
  const action = 'Run: holdfast install --crds'
  await expect(listApplications(refusing('HF3002'), 'argocd')).rejects.toMatchObject({ problem: { action } })
  await expect(readApplication(refusing('HF3002'), place)).rejects.toMatchObject({ problem: { action } })
})

it('leaves every other refusal as it is', async () => {
  const told = listApplications(refusing('HF4010'), 'argocd')
  await expect(told).rejects.toMatchObject({ problem: { code: 'HF4010', action: expect.stringContaining('Grant') } })
})

it('lists by namespace and name', async () => {
  const named = (namespace: string, name: string) => ({ apiVersion: '', kind: '', metadata: { namespace, name } })
  const items = [named('b', 'a'), named('a', 'z'), named('a', 'b')]
  const found = await listApplications({ list: async () => ({ items, resourceVersion: '' }) }, '')
  expect(found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual(['a/b', 'a/z', 'b/a'])
})
