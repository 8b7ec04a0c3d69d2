// `holdfast health`: how objects are, by the checks that Argo CD users know.
import type { Command } from 'commander'
import type { Health } from '../../core/health/index.ts'
import { formatRef, type ObjectRef } from '../../core/kube/index.ts'
import type { Problem } from '../../core/problem/index.ts'
import { failureText } from './failure.ts'
import type { CliIo } from './io.ts'
import { outputOption } from './options.ts'
import { lineText, prettyJson } from './present/index.ts'

export interface HealthAnswer {
  readonly objects: readonly { readonly ref: ObjectRef; readonly health: Health }[]
  /** Why some of it could not be answered. */
  readonly problems: readonly Problem[]
}

export interface HealthServices {
  readonly io: CliIo
  /** `-` is standard input. */
  health(request: { readonly file: string; readonly argocdCm?: string }): Promise<HealthAnswer>
}

interface HealthOptions {
  readonly filename: string
  readonly argocdCm?: string
  readonly output: 'text' | 'json'
}

function json(objects: HealthAnswer['objects']): string {
  const [first, ...others] = objects
  if (first !== undefined && others.length === 0) return prettyJson(first.health)
  return prettyJson(objects.map(({ ref, health }) => ({ ref, ...health })))
}

function text(objects: HealthAnswer['objects']): string {
  return objects
    .map(({ ref, health: { status, message } }) => {
      return `${lineText(formatRef(ref))}  ${status}${message === '' ? '' : `: ${lineText(message)}`}\n`
    })
    .join('')
}

async function runHealth(services: HealthServices, options: HealthOptions): Promise<void> {
  const { io } = services
  const { filename: file, argocdCm } = options
  const { objects, problems } = await services.health({ file, ...(argocdCm === undefined ? {} : { argocdCm }) })
  if (objects.length > 0) io.out(options.output === 'json' ? json(objects) : text(objects))
  for (const problem of problems) io.err(failureText(problem))
  const healthy = objects.every(({ health }) => health.status === 'Healthy')
  io.exit(problems.length > 0 ? 2 : healthy ? 0 : 1)
}

const EXAMPLES = `
Examples:
  kubectl get deployment web -o yaml | holdfast health -f -
  holdfast health -f dump.yaml -o json

Ends with 0: healthy, 1: not, 2: the question could not be answered.
`

export function addHealth(program: Command, services: HealthServices): void {
  program
    .command('health')
    .description('tell the health of live objects from a file')
    .requiredOption('-f, --filename <file>', 'file or directory of live objects; - is standard input')
    .option('--argocd-cm <file>', 'installation-wide settings')
    .addOption(outputOption(['text', 'json'], 'text'))
    .addHelpText('after', EXAMPLES)
    .action((options: HealthOptions) => runHealth(services, options))
}
