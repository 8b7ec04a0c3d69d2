// `holdfast install`: what the cluster needs before Holdfast can run.
import type { Command } from 'commander'
import type { KubeObject } from '../../core/kube/index.ts'
import type { CliIo } from './io.ts'
import { addConnection, type ConnectOptions, outputOption } from './options.ts'
import { lineText, yamlText } from './present/index.ts'

export interface InstalledDefinition {
  readonly name: string
  /** `foreign`: somebody else installed it; it is left as it is. */
  readonly result: 'created' | 'updated' | 'unchanged' | 'foreign'
  readonly by: string
}

export interface InstallServices {
  readonly io: CliIo
  crds(): Promise<readonly KubeObject[]>
  /** `look` changes nothing. Returns when what was applied is served. */
  install(request: ConnectOptions & { readonly how: 'apply' | 'look' }): Promise<readonly InstalledDefinition[]>
}

interface InstallOptions extends ConnectOptions {
  readonly crds: boolean
  readonly dryRun: boolean
  readonly output?: 'yaml'
}

const DONE = { created: 'created', updated: 'updated', unchanged: 'unchanged' } as const
const PLANNED = { created: 'would be created', updated: 'would be updated', unchanged: 'unchanged' } as const

function outcomeText({ name, result, by }: InstalledDefinition, how: 'apply' | 'look'): string {
  if (result === 'foreign') return `${name} left as it is: installed by ${lineText(by)}\n`
  return `${name} ${(how === 'apply' ? DONE : PLANNED)[result]}\n`
}

async function runInstall(services: InstallServices, options: InstallOptions): Promise<void> {
  const { io } = services
  const { kubeconfig, context } = options
  const how = options.crds && !options.dryRun ? 'apply' : 'look'
  if (options.output === 'yaml') {
    for (const crd of await services.crds()) io.out(`---\n${yamlText(crd)}`)
    if (how === 'look') return
  }
  const tell = options.output === 'yaml' ? io.err : io.out
  const installed = await services.install({
    how,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  })
  for (const definition of installed) tell(outcomeText(definition, how))
  if (!options.crds) io.err('Nothing was changed. To install: holdfast install --crds\n')
}

const EXAMPLES = `
Examples:
  holdfast install --crds
  holdfast install -o yaml | kubectl apply --server-side -f -
`

export function addInstall(program: Command, services: InstallServices): void {
  const command = program
    .command('install')
    .description('install what the cluster needs; without --crds only say what would be done')
    .option('--crds', 'apply the argoproj.io kinds that Holdfast works on', false)
    .option('--dry-run', 'only say what would be done', false)
    .addOption(outputOption(['yaml']))
    .addHelpText('after', EXAMPLES)
  addConnection(command).action((options: InstallOptions) => runInstall(services, options))
}
