// An environment in which nothing of this machine shows, and in which digests come out the same in every run.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BinariesUnavailable, ensureBinaries } from '../../../tools/binaries.mjs'

export interface TestEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly directory: string
  /** Whether kustomizations can be built here. */
  readonly kustomize: boolean
  remove(): Promise<void>
}

async function kustomizePath(): Promise<string> {
  try {
    return (await ensureBinaries(['kustomize'])).kustomize
  } catch (error) {
    if (!(error instanceof BinariesUnavailable) || process.env['CI'] === 'true') throw error
    console.error(`SKIPPED: cases with a kustomization: ${error.message}`)
    return ''
  }
}

export async function testEnvironment(): Promise<TestEnvironment> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-'))
  const data = join(directory, 'data')
  await mkdir(data)
  await writeFile(join(data, 'digest.key'), 'a key that is the same in every run\n')
  const kustomize = await kustomizePath()
  return {
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      KUBECONFIG: '/dev/null',
      HOLDFAST_DATA_DIR: data,
      HOLDFAST_KUSTOMIZE: kustomize,
      HOLDFAST_HELM: '/no/such/helm',
    },
    directory,
    kustomize: kustomize !== '',
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}
