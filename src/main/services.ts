// What the command line needs from the machine, the cluster and Git.
import { readdir, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Cluster, connect } from '../adapters/kube-http/index.ts'
import { createLog } from '../adapters/pino-log/index.ts'
import { systemClock } from '../adapters/system-clock/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import { readObjects } from '../core/yaml/index.ts'
import { applicationRef, APPLICATION, installManifest, requestOperation } from '../loop/steps/index.ts'
import type { AppSession, ConnectOptions } from '../surfaces/cli/app.ts'
import type { CliIo } from '../surfaces/cli/io.ts'
import type { CliServices } from '../surfaces/cli/program.ts'
import { run } from './run.ts'
import { VERSION } from './version.ts'

const CRDS = new URL('../../deploy/crds/', import.meta.url)
const SERVED_WITHIN_MS = 30_000

export function connectCluster(options: ConnectOptions): Promise<Cluster> {
  return connect({
    env: process.env,
    version: VERSION,
    clock: systemClock,
    log: createLog({ level: 'error', to: 'stderr' }),
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
  })
}

async function session(options: ConnectOptions): Promise<AppSession> {
  const cluster = await connectCluster(options)
  return {
    list: async (namespace) => (await cluster.reader.list({ ...APPLICATION, namespace })).items,
    get: (namespace, name) => cluster.reader.get(applicationRef(namespace, name)),
    requestOperation: (namespace, name, operation) =>
      requestOperation(cluster.writer, applicationRef(namespace, name), operation),
    user: userInfo().username,
    close: () => cluster.close(),
  }
}

async function crds(): Promise<KubeObject[]> {
  const files = (await readdir(CRDS)).filter((file) => file.endsWith('.yaml')).sort()
  const read = await Promise.all(
    files.map(async (file) => readObjects(await readFile(new URL(file, CRDS), 'utf8'), { file })),
  )
  return read.flatMap(({ objects }) => objects.map(({ object }) => object))
}

interface CrdNames {
  readonly group: string
  readonly names: { readonly kind: string }
  readonly versions: readonly { readonly name: string }[]
}

async function install(options: ConnectOptions, crd: KubeObject): Promise<'installed' | 'unchanged'> {
  const cluster = await connectCluster(options)
  try {
    const ref = {
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      namespace: '',
      name: crd.metadata.name ?? '',
    }
    const before = await cluster.reader.get(ref)
    await installManifest(cluster.writer, crd)
    const spec = crd.spec as unknown as CrdNames
    const query = { group: spec.group, version: spec.versions[0]?.name ?? '', kind: spec.names.kind }
    const end = Date.now() + SERVED_WITHIN_MS
    while ((await cluster.reader.kind(query, { refresh: true })) === undefined && Date.now() < end) await sleep(200)
    const after = await cluster.reader.get(ref)
    return before?.metadata.resourceVersion === after?.metadata.resourceVersion ? 'unchanged' : 'installed'
  } finally {
    await cluster.close()
  }
}

/** Resolves after a first signal ended everything well; a second one ends at once. */
async function runUntilSignal(request: Parameters<CliServices['run']>[0]): Promise<void> {
  const signalled = new Promise<void>((resolve) => {
    let signals = 0
    const onSignal = (): void => {
      signals += 1
      if (signals > 1) process.exit(130)
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
  const running = await Promise.race([run(request), signalled.then(() => null)])
  if (running === null) return
  await signalled
  await running.stop()
}

export function cliServices(io: CliIo): CliServices {
  return {
    io,
    version: VERSION,
    connect: session,
    sleep: (ms) => sleep(ms),
    now: () => Date.now(),
    crds,
    install,
    run: runUntilSignal,
  }
}
