import { describe, expect, it } from 'vitest'
import { parseSettings, type Settings } from '../../src/core/definition/index.ts'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { HoldfastError, type Problem, problem } from '../../src/core/problem/index.ts'
import { SettingsWatch } from '../../src/loop/rules.ts'
import { SourceSettingsWatch } from '../../src/loop/source-settings.ts'

type Read = Record<string, KubeObject | 'forbidden'>

const cm = (data: object): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data }) as unknown as KubeObject
const FORBIDDEN = new HoldfastError(problem('HF4010', 'configmaps is forbidden'))

interface Settled {
  unknown(): Problem | null
  settings(): Settings
  owners(): readonly string[]
  readonly told: string[]
  readonly configured: unknown[]
  readonly said: string[]
  read(): Promise<void>
}

function watching(read: Read): Settled {
  const told: string[] = []
  const configured: unknown[] = []
  const said: string[] = []
  const get = async (name: string): Promise<KubeObject | null> => {
    const found = read[name] ?? null
    if (found === 'forbidden') throw FORBIDDEN
    return found
  }
  const deps = {
    reader: {
      get: ({ name }: { name: string }) => get(name),
      list: async ({ kind }: { kind: string }) => ({
        items: [await get(kind === 'Secret' ? 'repositories' : 'rules')].filter((one) => one !== null),
        resourceVersion: '1',
      }),
    },
    source: { configure: (settings: unknown) => void configured.push(settings) },
    clock: { after: () => ({ cancel: () => undefined }) },
    log: { warn: (_: object, message: string) => void said.push(message) },
    options: { namespace: 'argocd' },
  } as unknown as ConstructorParameters<typeof SourceSettingsWatch>[0]['deps']
  const { value } = parseSettings(null)
  if (value === null) throw new Error('no defaults')
  const rules = new SettingsWatch(value, {
    deps,
    onKnown: () => told.push('known'),
    onChange: () => told.push('changed'),
  })
  const sources = new SourceSettingsWatch({ deps, onChange: (what) => told.push(what) })
  return {
    unknown: () => rules.unknown ?? sources.unknown,
    settings: () => rules.system.settings,
    owners: () => rules.system.ownership.map.fields.map(({ by }) => by ?? ''),
    ...{ told, configured, said },
    read: async () => {
      await rules.start()
      await sources.start()
    },
  }
}

describe('settings of an installation', () => {
  it('that are not there are the defaults', async () => {
    const { unknown, settings, configured, read } = watching({})
    expect(unknown()).toMatchObject({ code: 'HF4010' })
    await read()
    expect([unknown(), settings().trackingMethod, configured.length]).toEqual([null, 'annotation', 1])
  })
  it.each([
    'argocd-cm',
    'rules',
    'holdfast-ownership',
    'argocd-tls-certs-cm',
    'argocd-gpg-keys-cm',
    'holdfast-plugins',
    'repositories',
  ])('are unknown while %s may not be read, and known as soon as it may', async (name) => {
    const may: Read = { [name]: 'forbidden' }
    const { unknown, told, read } = watching(may)
    await read()
    await read()
    expect(unknown()).toMatchObject({ code: 'HF4010', message: expect.stringContaining('is forbidden') })
    delete may[name]
    await read()
    expect([unknown(), told.sort()]).toEqual([null, ['known', 'renders']])
  })
  it('are unknown while the tracking method cannot be told', async () => {
    const may: Read = { 'argocd-cm': cm({ 'application.resourceTrackingMethod': 'anotation' }) }
    const { unknown, settings, read } = watching(may)
    await read()
    expect(unknown()).toMatchObject({ code: 'HF2008' })
    may['argocd-cm'] = cm({ 'application.resourceTrackingMethod': 'label' })
    await read()
    expect([unknown(), settings().trackingMethod]).toEqual([null, 'label'])
  })
  it('are unknown while it cannot be told whose a field is, and then stay as they were read', async () => {
    const scaler = `[{ kind: Deployment, jsonPointers: [/spec/replicas], owner: controller, by: scaler }]`
    const may: Read = { 'holdfast-ownership': cm({ fields: scaler.replace('kind:', 'knid:') }) }
    const { unknown, owners, told, said, read } = watching(may)
    await read()
    expect(unknown()).toMatchObject({ message: expect.stringContaining('knid is not a known field') })
    may['holdfast-ownership'] = cm({ fields: scaler, owners: '[{ contact: nobody }]' })
    await read()
    expect([unknown(), owners(), said.at(-1)]).toEqual([null, ['scaler'], 'owners[0].owner is missing'])
    for (const broken of [cm({ fields: '[' }), cm({ fields: scaler.replace('/spec', 'spec') }), 'forbidden' as const]) {
      may['holdfast-ownership'] = broken
      await read()
      expect([unknown(), owners()]).toEqual([null, ['scaler']])
    }
    delete may['holdfast-ownership']
    await read()
    expect([owners(), told]).toEqual([[], ['renders', 'known', 'changed']])
  })
  it('stay as they were read when they cannot be read any more', async () => {
    const may: Read = { 'argocd-cm': cm({ 'application.resourceTrackingMethod': 'label' }) }
    const { unknown, settings, told, read } = watching(may)
    await read()
    may['argocd-cm'] = 'forbidden'
    await read()
    expect([unknown(), settings().trackingMethod, told]).toEqual([null, 'label', ['known', 'renders']])
  })
  it('do not wait for secrets of webhooks', async () => {
    const { unknown, said, read } = watching({ 'argocd-secret': 'forbidden' })
    await read()
    expect([unknown(), said]).toEqual([null, ['secrets of webhooks not read: configmaps is forbidden']])
  })
  it('are not read again once Holdfast stops, even where it stops while they are read', async () => {
    const answers: ((object: null) => void)[] = []
    const armed: number[] = []
    const deps = {
      reader: {
        get: () => new Promise((resolve) => void answers.push(resolve)),
        list: () => Promise.resolve({ items: [], resourceVersion: '1' }),
      },
      clock: { after: (ms: number) => void armed.push(ms) },
      log: { warn() {} },
      options: { namespace: 'argocd' },
    }
    const options = { deps, onKnown: () => {}, onChange: () => {} }
    const watch = new SettingsWatch(
      parseSettings(null).value as Settings,
      options as unknown as ConstructorParameters<typeof SettingsWatch>[1],
    )
    const started = watch.start()
    watch.stop()
    for (const answer of answers) answer(null)
    await started
    expect(armed).toEqual([])
  })
})
