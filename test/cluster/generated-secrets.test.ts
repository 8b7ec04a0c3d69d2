// Secrets that controllers make of ExternalSecrets and SealedSecrets in Git, on a real control plane.
// requirements: [S003-21, S003-22]
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPS, makeWorld, type World } from '../kit/world.ts'
import { command, type Said } from '../surfaces/cli/command.ts'

const NS = 'shop'
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const SECRETS = `/api/v1/namespaces/${NS}/secrets`
const EXTERNAL = `/apis/external-secrets.io/v1/namespaces/${NS}/externalsecrets/database`
const SEALED = `/apis/bitnami.com/v1alpha1/namespaces/${NS}/sealedsecrets/token`
const PASSWORD = Buffer.from('correct horse battery').toString('base64')

const text = { type: 'string' }
const conditions = {
  type: 'array',
  items: {
    type: 'object',
    required: ['type', 'status'],
    properties: { type: text, status: text, reason: text, message: text, lastTransitionTime: text },
  },
}

/** The parts of their CRDs that the manifests below use, with the defaults that their servers put in. */
const EXTERNAL_SPEC = {
  type: 'object',
  properties: {
    refreshInterval: { type: 'string', default: '1h' },
    refreshPolicy: { type: 'string', enum: ['CreatedOnce', 'Periodic', 'OnChange'] },
    secretStoreRef: { type: 'object', properties: { kind: text, name: text } },
    target: {
      type: 'object',
      default: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
      properties: {
        name: text,
        creationPolicy: { type: 'string', default: 'Owner' },
        deletionPolicy: { type: 'string', default: 'Retain' },
      },
    },
    data: {
      type: 'array',
      items: {
        type: 'object',
        required: ['remoteRef', 'secretKey'],
        properties: {
          secretKey: text,
          remoteRef: {
            type: 'object',
            properties: {
              key: text,
              property: text,
              conversionStrategy: { type: 'string', default: 'Default' },
              decodingStrategy: { type: 'string', default: 'None' },
              metadataPolicy: { type: 'string', default: 'None' },
            },
          },
        },
      },
    },
  },
}
const SEALED_SPEC = {
  type: 'object',
  required: ['encryptedData'],
  properties: {
    encryptedData: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    template: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
}

function definition(group: string, version: string, kind: string, spec: object): object {
  const plural = `${kind.toLowerCase()}s`
  const status = {
    type: 'object',
    properties: { conditions, refreshTime: text, observedGeneration: { type: 'integer', format: 'int64' } },
  }
  const openAPIV3Schema = { type: 'object', properties: { spec, status } }
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [
        { name: version, served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema } },
      ],
    },
  }
}

const MANIFESTS = `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: database}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  target: {name: db}
  data:
  - secretKey: password
    remoteRef: {key: shop/db, property: password}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: token}
spec:
  encryptedData: {token: AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq}
  template: {metadata: {labels: {team: shop}}}
`

let world: World | undefined
beforeAll(async () => {
  world = await makeWorld('secrets that controllers make')
  if (world === undefined) return
  const { editor, git } = world
  await editor.create(CRDS, definition('external-secrets.io', 'v1', 'ExternalSecret', EXTERNAL_SPEC))
  await editor.create(CRDS, definition('bitnami.com', 'v1alpha1', 'SealedSecret', SEALED_SPEC))
  for (const group of ['external-secrets.io/v1', 'bitnami.com/v1alpha1'])
    await editor.until(`/apis/${group}`, ({ status }) => status === 200)
  const repository = await git.createRepository('shop')
  await repository.commit({ 'secrets.yaml': MANIFESTS }, 'first')
  await world.start()
  await editor.create(APPS, world.application(NS, repository))
  await world.untilApp(NS, ({ status }) => syncOf(status) === 'Synced')
}, 1_200_000)
afterAll(() => world?.close())

interface Status {
  readonly sync?: { readonly status?: string }
  readonly health?: { readonly status?: string }
  readonly resources?: readonly { readonly kind: string; readonly health?: { status: string; message?: string } }[]
}
const syncOf = (status: unknown): string | undefined => (status as Status | undefined)?.sync?.status
const healthOf = (status: unknown): string | undefined => (status as Status | undefined)?.health?.status
const kindsOf = (status: unknown): string[] => ((status as Status).resources ?? []).map(({ kind }) => kind).sort()

function holdfast(...args: string[]): Promise<Said> {
  const { directory, plane } = world as World
  const env = { PATH: process.env['PATH'], HOME: directory, KUBECONFIG: plane.kubeconfig }
  return command(args, { cwd: directory, env: { ...env, HOLDFAST_DATA_DIR: join(directory, 'cli-data') } })
}

/** As its controller does: the Secret with its owner, then the condition. */
async function fill(
  owner: { at: string; apiVersion: string; kind: string; condition: string },
  name: string,
): Promise<void> {
  const { editor } = world as World
  const { metadata } = (await editor.get(owner.at)).body
  const { apiVersion, kind } = owner
  const reference = {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  await editor.create(SECRETS, {
    metadata: { name, ownerReferences: [reference] },
    type: 'Opaque',
    data: { password: PASSWORD },
  })
  await say(owner, 'True', 'done')
}

async function say(
  { at, condition }: { at: string; condition: string },
  status: string,
  message: string,
): Promise<void> {
  const since = '2026-01-01T00:00:00Z'
  const conditions = [{ type: condition, status, reason: 'R', message, lastTransitionTime: since }]
  await (world as World).editor.patch('merge', `${at}/status`, { status: { conditions } }, 'controller')
}

const OWNERS = {
  external: { at: EXTERNAL, apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', condition: 'Ready' },
  sealed: { at: SEALED, apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', condition: 'Synced' },
}

describe('a Secret that a controller makes', () => {
  it('waits for its controller', async () => {
    if (world === undefined) return
    await world.untilApp(NS, ({ status }) => healthOf(status) === 'Progressing')
  })

  it('is neither drift nor orphan, and stays', async () => {
    if (world === undefined) return
    const { editor } = world
    await fill(OWNERS.external, 'db')
    await fill(OWNERS.sealed, 'token')
    await editor.create(SECRETS, { metadata: { name: 'by-hand' }, data: { password: PASSWORD } })
    const { status } = await world.untilApp(NS, (app) => healthOf(app.status) === 'Healthy')
    expect(syncOf(status)).toBe('Synced')
    expect(kindsOf(status)).toEqual(['ExternalSecret', 'Namespace', 'SealedSecret'])
    await world.refresh(NS)
    await editor.until(
      `${APPS}/${NS}`,
      ({ body }) => body.metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined,
    )
    for (const name of ['db', 'token']) {
      const { body } = await editor.get(`${SECRETS}/${name}`)
      expect([body.data.password, body.metadata.deletionTimestamp]).toEqual([PASSWORD, undefined])
    }
    const said = await holdfast('diff', NS, '--orphans', '-o', 'json')
    expect(said).toMatchObject({ err: '', exit: 0 })
    const report = JSON.parse(said.out)
    expect(report.objects).toEqual([])
    const orphans = report.orphans.map(({ ref }: { ref: { kind: string; name: string } }) => `${ref.kind} ${ref.name}`)
    expect(orphans).toContain('Secret by-hand')
    expect(orphans).not.toContain('Secret db')
    expect(orphans).not.toContain('Secret token')
    expect(said.out).not.toContain(PASSWORD)
  })

  it('whose fetch fails shows as health, and the sync stays what it is', async () => {
    if (world === undefined) return
    await say(OWNERS.external, 'False', 'could not get secret data from provider')
    const { status } = await world.untilApp(NS, (app) => healthOf(app.status) === 'Degraded')
    expect(syncOf(status)).toBe('Synced')
    const one = ((status as Status).resources ?? []).find(({ kind }) => kind === 'ExternalSecret')
    expect(one?.health).toMatchObject({ status: 'Degraded', message: 'could not get secret data from provider' })
    await say(OWNERS.external, 'True', 'secret synced')
    await world.untilApp(NS, (app) => healthOf(app.status) === 'Healthy')
  })

  it('whose seal no key opens shows as health', async () => {
    if (world === undefined) return
    await say(OWNERS.sealed, 'False', 'no key could decrypt secret (token)')
    await world.untilApp(NS, (app) => healthOf(app.status) === 'Degraded')
  })
})
