// `holdfast install`: what the cluster needs before Holdfast can run.
import type { Command } from 'commander'
import type { KubeObject } from '../../core/kube/index.ts'
import type { ConnectOptions } from './app.ts'
import type { CliIo } from './io.ts'
import { yamlText } from './present/index.ts'

export interface InstallServices {
  readonly io: CliIo
  crds(): Promise<readonly KubeObject[]>
  /** Applies and waits until the kind is served. */
  install(options: ConnectOptions, crd: KubeObject): Promise<'installed' | 'unchanged'>
}

interface InstallRequest extends ConnectOptions {
  readonly crds: boolean
  readonly dryRun: boolean
  readonly output?: 'yaml'
}

export function addInstall(program: Command, services: InstallServices): void {
  program
    .command('install')
    .description('install what the cluster needs')
    .option('--crds', 'the argoproj.io kinds that Holdfast works on', false)
    .option('--dry-run', 'only say what would be done', false)
    .option('-o, --output <format>', 'yaml: print the manifests')
    .option('--kubeconfig <file>')
    .option('--context <name>')
    .action(async (request: InstallRequest) => {
      const { io } = services
      const crds = await services.crds()
      if (request.output === 'yaml') return io.out(crds.map((crd) => `---\n${yamlText(crd)}`).join(''))
      if (!request.crds) {
        io.err('HF7002: nothing to install was named. Say --crds.\n')
        return io.exit(2)
      }
      for (const crd of crds) {
        const name = crd.metadata.name ?? ''
        if (request.dryRun) io.out(`${name} would be installed\n`)
        else io.out(`${name} ${await services.install(request, crd)}\n`)
      }
    })
}
