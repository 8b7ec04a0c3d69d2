// `holdfast render`: what a source declares.
import type { Command } from 'commander'
import type { KubeObject } from '../../core/kube/index.ts'
import type { Problem } from '../../core/problem/index.ts'
import { problemSeverity } from '../../core/record/index.ts'
import { isPath } from './diff.ts'
import { failureLine } from './failure.ts'
import type { CliIo } from './io.ts'
import { addConnection, appName, type ConnectOptions, outputOption, usage } from './options.ts'
import { prettyJson, yamlText } from './present/index.ts'

export type RenderTarget =
  | { readonly kind: 'app'; readonly namespace: string; readonly name: string; readonly revision?: string }
  | { readonly kind: 'files'; readonly path: string; readonly namespace?: string }

export interface RenderRequest extends ConnectOptions {
  readonly target: RenderTarget
  readonly secrets: 'masked' | 'shown'
}

export interface RenderServices {
  readonly io: CliIo
  exists(path: string): boolean
  render(request: RenderRequest): Promise<{ objects: readonly KubeObject[]; problems: readonly Problem[] }>
}

interface RenderOptions extends ConnectOptions {
  readonly output: 'yaml' | 'json'
  readonly revision?: string
  readonly namespace?: string
  readonly showSecrets: boolean
}

function targetOf(subject: string, options: RenderOptions, services: RenderServices): RenderTarget {
  const { namespace, revision } = options
  if (!isPath(subject, (file) => services.exists(file)))
    return { kind: 'app', ...appName(subject, namespace), ...(revision === undefined ? {} : { revision }) }
  if (revision !== undefined) throw usage('--revision needs an Application; a path is rendered as it lies there')
  return { kind: 'files', path: subject, ...(namespace === undefined ? {} : { namespace }) }
}

async function runRender(services: RenderServices, subject: string, options: RenderOptions): Promise<void> {
  const { io } = services
  const { kubeconfig, context } = options
  const { objects, problems } = await services.render({
    target: targetOf(subject, options, services),
    secrets: options.showSecrets ? 'shown' : 'masked',
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  })
  if (options.output === 'json') io.out(prettyJson({ apiVersion: 'v1', kind: 'List', items: objects }))
  else io.out(objects.map((object) => `---\n${yamlText(object)}`).join(''))
  for (const problem of problems) io.err(failureLine(problem))
  io.exit(problems.some(({ code }) => problemSeverity(code) === 'error') ? 2 : 0)
}

const EXAMPLES = `
Examples:
  holdfast render ./web
  holdfast render web --revision v1.2.0 -o json
`

export function addRender(program: Command, services: RenderServices): void {
  const command = program
    .command('render')
    .description('print the objects that a path or an Application declares')
    .argument('<path|app>', 'an Application, or what begins with . or / or exists as a path')
    .addOption(outputOption(['yaml', 'json'], 'yaml'))
    .option('--revision <revision>', 'branch, tag or commit instead of the Application’s own')
    .option('-n, --namespace <namespace>', 'of the Application (default argocd), or of files that name none')
    .option('--show-secrets', 'print the values of Secrets instead of digests', false)
    .addHelpText('after', EXAMPLES)
  addConnection(command).action((subject: string, options: RenderOptions) => runRender(services, subject, options))
}
