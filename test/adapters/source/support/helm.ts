import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { renderLocal, type SourceLimits } from '../../../../src/adapters/source/index.ts'
import type { HelmOptions, SourceSettings } from '../../../../src/core/definition/index.ts'
import type { Rendered } from '../../../../src/core/desired/index.ts'
import type { KubeObject } from '../../../../src/core/kube/index.ts'
import { readObjects, YAML_LIMITS } from '../../../../src/core/yaml/index.ts'
import { findBinaries } from '../../../../tools/binaries.mjs'
import { definition } from './bench.ts'

export const helm = (await findBinaries(['helm'])).helm?.path ?? ''

export type Files = Readonly<Record<string, string | Buffer>>

export interface Folder {
  readonly path: string
  remove(): Promise<void>
}

export async function folderOf(files: Files): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-helm-'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), content)
  }
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export const chartYaml = (name: string, more = ''): string =>
  `apiVersion: v2\nname: ${name}\nversion: 1.0.0\nappVersion: "2.3"\n${more}`

const clock = { now: Date.now, monotonic: () => performance.now(), after: () => ({ cancel: () => undefined }) }

export const CLUSTER = { version: '1.35.4', apiVersions: ['v1', 'apps/v1', 'apps/v1/Deployment', 'policy/v1'] }

export interface LocalRender {
  readonly helm?: Partial<HelmOptions>
  readonly name?: string
  readonly cluster?: typeof CLUSTER
  readonly settings?: SourceSettings
  readonly limits?: Partial<SourceLimits>
  /** In place of helm. */
  readonly program?: string
}

export function renderChart(path: string, options: LocalRender = {}): Promise<Rendered> {
  const { name = 'app', cluster = CLUSTER, settings, limits, program = helm } = options
  return renderLocal(path, {
    ...{ env: { HOLDFAST_HELM: program, PATH: process.env['PATH'] }, clock, as: 'source', cluster },
    source: definition('file:///', { type: 'helm', helm: options.helm ?? {} }),
    app: { name, namespace: 'apps', project: 'default' },
    ...(settings === undefined ? {} : { settings }),
    ...(limits === undefined ? {} : { limits }),
  })
}

/** What helm itself prints for a chart. */
export async function helmTemplate(path: string, args: readonly string[] = [], name = 'app'): Promise<string> {
  const cluster = ['--kube-version', CLUSTER.version, ...CLUSTER.apiVersions.flatMap((api) => ['--api-versions', api])]
  const { stdout } = await promisify(execFile)(
    helm,
    ['template', '.', '--name-template', name, '--namespace', 'apps', ...cluster, ...args],
    { cwd: path, env: { HOME: join(path, '..', 'nobody'), PATH: '' }, maxBuffer: 256 * 1024 * 1024 },
  )
  return stdout
}

export function objectsIn(text: string): readonly KubeObject[] {
  const { objects, problems } = readObjects(text, { file: 'helm', limits: { ...YAML_LIMITS, repeatedKeys: 'last' } })
  if (problems[0] !== undefined) throw new Error(problems[0].message)
  return objects.map(({ object }) => object)
}

export const objectsOf = ({ objects }: Rendered): readonly KubeObject[] => objects.map(({ object }) => object)
