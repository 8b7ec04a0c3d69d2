// `holdfast run`: the controller.
import { Option, type Command } from 'commander'
import { addConnection, address, globs, NAMESPACE } from './options.ts'

export interface RunRequest {
  readonly mode: 'observe' | 'enforce'
  readonly enforceApps: readonly string[]
  readonly namespace: string
  readonly learn: 'dry-run' | 'never'
  readonly kubeconfig?: string
  readonly context?: string
  readonly dataDir?: string
  readonly listen: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export interface RunServices {
  /** Runs until told to stop by a signal. */
  run(request: RunRequest): Promise<void>
}

const EXAMPLES = `
Examples:
  holdfast run
  holdfast run --mode enforce --enforce-apps "team-*"

The first SIGINT or SIGTERM ends it well, with exit code 0; a second one ends it at once.
`

export function addRun(program: Command, services: RunServices): void {
  const command = program
    .command('run')
    .description('watch Applications, report drift and, where enforcement is on, heal it')
    .addOption(
      new Option('--mode <mode>', 'observe sends nothing but reads to managed kinds')
        .choices(['observe', 'enforce'])
        .default('observe'),
    )
    .option(
      '--enforce-apps <globs>',
      'Applications to enforce without their annotation (name or namespace/name); repeatable, comma separated',
      globs,
      [],
    )
    .option('--namespace <namespace>', 'where Applications, AppProjects, argocd-cm and the Lease live', NAMESPACE)
    .addOption(
      new Option('--learn <how>', 'may the server be asked by dry run while observing?')
        .choices(['dry-run', 'never'])
        .default('never'),
    )
    .option('--data-dir <directory>', 'database and caches; default: $HOLDFAST_DATA_DIR, ~/.local/state/holdfast')
    .option('--listen <host:port>', '/healthz, /readyz and /metrics', address, '127.0.0.1:8080')
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .addHelpText('after', EXAMPLES)
  addConnection(command).action((options: RunRequest) => services.run(options))
}
