// `holdfast run`: the controller.
import { Option, type Command } from 'commander'

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

const globs = (value: string, before: readonly string[]): string[] => [
  ...before,
  ...value.split(',').filter((glob) => glob !== ''),
]

export function addRun(program: Command, services: RunServices): void {
  program
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
    .option('--namespace <namespace>', 'where Applications, AppProjects, argocd-cm and the Lease live', 'argocd')
    .addOption(
      new Option('--learn <how>', 'may the server be asked by dry run while observing?')
        .choices(['dry-run', 'never'])
        .default('never'),
    )
    .option('--kubeconfig <file>', 'default: $KUBECONFIG, the pod’s service account, ~/.kube/config')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--data-dir <directory>', 'database and caches; default: $HOLDFAST_DATA_DIR, ~/.local/state/holdfast')
    .option('--listen <host:port>', '/healthz, /readyz and /metrics', '127.0.0.1:8080')
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .addHelpText('after', '\nExamples:\n  holdfast run\n  holdfast run --mode enforce --enforce-apps "team-*"\n')
    .action((options: RunRequest) => services.run(options))
}
