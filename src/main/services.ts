// What the command line needs from the machine, the cluster and Git.
import { readdir, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { Cluster } from '../adapters/kube-http/index.ts'
import { systemClock } from '../adapters/system-clock/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import { readObjects } from '../core/yaml/index.ts'
import { askRefresh, askSync, type AskTools } from '../loop/ask-sync.ts'
import { inspect } from '../loop/inspect.ts'
import { filesDefinition, readSettings } from '../loop/inspect-app.ts'
import { installDefinitions } from '../loop/install-crds.ts'
import { applicationRef, applyDefinition, requestOperation, requestRefresh } from '../loop/steps/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { AppServices } from '../surfaces/cli/app.ts'
import type { InstallServices } from '../surfaces/cli/install.ts'
import type { CliIo } from '../surfaces/cli/io.ts'
import type { CliServices } from '../surfaces/cli/program.ts'
import { type Environment, withCluster } from './cluster.ts'
import { listApplications, ofApplications, readApplication } from './applications.ts'
import { driftServices } from './drift.ts'
import { Inspections } from './inspection.ts'
import { responsibilityServices } from './responsibility.ts'
import { run } from './run.ts'
import { VERSION } from './version.ts'

const CRDS = new URL('../../deploy/crds/', import.meta.url)
/** A start that a signal interrupts may end what it is at. */
const START_GRACE_MS = 5_000

async function crds(): Promise<KubeObject[]> {
  const files = (await readdir(CRDS)).filter((file) => file.endsWith('.yaml')).sort()
  const read = await Promise.all(
    files.map(async (file) => readObjects(await readFile(new URL(file, CRDS), 'utf8'), { file })),
  )
  return read.flatMap(({ objects }) => objects.map(({ object }) => object))
}

function askTools(cluster: Cluster): AskTools {
  const { reader, writer } = cluster
  return {
    reader,
    clock: systemClock,
    requestOperation: (request) => requestOperation(writer, request),
    requestRefresh: (ref, refresh) => requestRefresh(writer, ref, refresh),
  }
}

function userName(cluster: Cluster, env: Environment): string {
  return cluster.userName || env['USER'] || userInfo().username
}

type AppWork = Pick<AppServices, 'applications' | 'application' | 'sync'>

function appServices(env: Environment): AppWork {
  return {
    applications: (request) => withCluster(env, request, ({ reader }) => listApplications(reader, request.namespace)),
    application: (request) =>
      withCluster(env, request, (cluster) => {
        const { namespace, name, refresh, timeoutMs } = request
        if (refresh === 'no') return readApplication(cluster.reader, request)
        const ref = applicationRef(namespace, name)
        return ofApplications(() => askRefresh(askTools(cluster), { ref, refresh, timeoutMs }))
      }),
    sync: (request) =>
      withCluster(env, request, (cluster) => {
        const { namespace, name, kubeconfig: _, context: __, ...wish } = request
        const username = userName(cluster, env)
        const ref = applicationRef(namespace, name)
        return ofApplications(() => askSync(askTools(cluster), { ...wish, ref, username }))
      }),
  }
}

function installService(env: Environment, clock: Clock): InstallServices['install'] {
  return (request) =>
    withCluster(env, request, async ({ reader, writer }) => {
      const { settings, platform } = readSettings(null)
      const compare = async (definition: KubeObject) => {
        const rendered = {
          revision: '',
          sources: [],
          digest: '',
          problems: [],
          objects: [{ object: definition, origin: { file: '', line: 0 } }],
        }
        const { evaluations } = await inspect(
          { reader, clock, digestKey: 'definitions', learn: 'never' },
          {
            definition: filesDefinition(''),
            project: null,
            settings,
            platform,
            controlPlaneNamespace: '',
            rendered,
            as: 'files',
            inventory: [],
          },
        )
        return evaluations[0]
      }
      const apply = (definition: KubeObject, guard: KubeObject | null): Promise<KubeObject> =>
        applyDefinition(writer, definition, guard)
      return installDefinitions({ reader, clock, applyDefinition: apply, compare }, await crds(), request.how)
    })
}

/** Resolves at the first signal; a second one ends the process at once. */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0
    const onSignal = (): void => {
      signals += 1
      if (signals > 1) process.exit(130)
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}

/** The address that was asked for cannot be had: nothing of ours is wrong. */
function listenFailure(error: unknown, listen: string): HoldfastError | null {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return null
  return new HoldfastError(problem('HF7002', `cannot listen on ${listen}: ${code}`, {}, 'Choose another --listen.'))
}

async function runUntilSignal(request: Parameters<CliServices['run']>[0]): Promise<void> {
  const signalled = firstSignal()
  const starting = run(request).catch((error: unknown) => {
    throw listenFailure(error, request.listen) ?? error
  })
  const late = signalled.then(
    () => new Promise<null>((resolve) => void systemClock.after(START_GRACE_MS, () => resolve(null))),
  )
  starting.catch(() => {})
  const running = await Promise.race([starting, late])
  if (running === null) return
  await signalled
  await running.stop()
}

export function cliServices(io: CliIo, env: Environment = process.env, clock: Clock = systemClock): CliServices {
  const inspections = new Inspections({ env, cwd: io.cwd, clock, stdin: () => io.stdinBytes() })
  return {
    io,
    version: VERSION,
    exists: (path) => inspections.exists(path),
    diff: (request) => inspections.diff(request),
    ...responsibilityServices(env, clock),
    ...driftServices({ env, clock }),
    render: (request) => inspections.render(request),
    orphans: (request) => inspections.orphans(request),
    setImage: (request) => inspections.setImage(request),
    health: (request) => inspections.health({ ...request, stdin: () => io.stdin() }),
    ignores: (request) => inspections.ignores(request),
    ruleFile: (path) => inspections.ruleFile(path),
    today: () => new Date(clock.now()).toISOString().slice(0, 10),
    ...appServices(env),
    crds,
    install: installService(env, clock),
    run: runUntilSignal,
  }
}
