// `holdfast run`: the controller.
import { Option, type Command } from 'commander'
import { addConnection, address, globs, NAMESPACE, repeated } from './options.ts'

/** Where audit events come from. */
export interface AuditRequest {
  /** Files that the API server writes its audit log to. */
  readonly auditLog: readonly string[]
  readonly auditListen?: string
  readonly auditTlsCert?: string
  readonly auditTlsKey?: string
  readonly auditClientCa?: string
  readonly auditTokenFile?: string
}

export interface RunRequest extends AuditRequest {
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
    .option('--audit-log <file>', 'audit log of the API server (JSON lines), followed; repeatable', repeated, [])
    .option('--audit-listen <host:port>', 'receive the API server’s audit webhook (POST /audit)', address)
    .option('--audit-tls-cert <file>', 'certificate of --audit-listen; without one it speaks plain HTTP')
    .option('--audit-tls-key <file>', 'its key')
    .option('--audit-client-ca <file>', 'who has to have signed the API server’s client certificate')
    .option('--audit-token-file <file>', 'the bearer token that the API server sends')
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .addHelpText('after', EXAMPLES)
  addConnection(command).action((options: RunRequest) => services.run(options))
}
