// `holdfast render`: what a source declares.
import type { Command } from 'commander'
import type { RenderedSource } from '../../core/desired/index.ts'
import type { KubeObject } from '../../core/kube/index.ts'
import type { Problem } from '../../core/problem/index.ts'
import { problemSeverity } from '../../core/record/index.ts'
import { isPath } from './diff.ts'
import { failureText } from './failure.ts'
import type { CliIo } from './io.ts'
import { addConnection, appName, type ConnectOptions, orPath, outputOption, usage } from './options.ts'
import { prettyJson, yamlText } from './present/index.ts'
import { explanationJson, explanationText } from './render-explanation.ts'

export type RenderTarget =
  | { readonly kind: 'app'; readonly namespace: string; readonly name: string; readonly revision?: string }
  | {
      readonly kind: 'files'
      readonly path: string
      readonly namespace?: string
      readonly app?: string
      readonly argocdCm?: string
    }

export interface RenderRequest extends ConnectOptions {
  readonly target: RenderTarget
  readonly secrets: 'masked' | 'shown'
  readonly explain: boolean
}

export interface RenderAnswer {
  readonly objects: readonly KubeObject[]
  readonly problems: readonly Problem[]
  readonly sources: readonly RenderedSource[]
}

export interface RenderServices {
  readonly io: CliIo
  exists(path: string): boolean
  render(request: RenderRequest): Promise<RenderAnswer>
}

interface RenderOptions extends ConnectOptions {
  readonly output: 'yaml' | 'json'
  readonly revision?: string
  readonly namespace?: string
  readonly app?: string
  readonly argocdCm?: string
  readonly showSecrets: boolean
  readonly explain: boolean
}

function targetOf(subject: string, options: RenderOptions, services: RenderServices): RenderTarget {
  const { namespace, revision, app, argocdCm } = options
  if (!isPath(subject, (file) => services.exists(file))) {
    if (app !== undefined) throw usage('--app needs a path: an Application of the cluster has options of its own')
    if (argocdCm !== undefined) throw usage('--argocd-cm needs a path: for an Application that of the cluster holds')
    return { kind: 'app', ...appName(subject, namespace), ...(revision === undefined ? {} : { revision }) }
  }
  if (revision !== undefined) throw usage('--revision needs an Application; a path is rendered as it lies there')
  return {
    ...{ kind: 'files', path: subject },
    ...(namespace === undefined ? {} : { namespace }),
    ...(app === undefined ? {} : { app }),
    ...(argocdCm === undefined ? {} : { argocdCm }),
  }
}

function answerText(answer: RenderAnswer, { output, explain }: RenderOptions): string {
  const isJson = output === 'json'
  if (explain) return isJson ? prettyJson(explanationJson(answer)) : explanationText(answer)
  if (isJson) return prettyJson({ apiVersion: 'v1', kind: 'List', items: answer.objects })
  return answer.objects.map((object) => `---\n${yamlText(object)}`).join('')
}

async function runRender(services: RenderServices, subject: string, options: RenderOptions): Promise<void> {
  const { io } = services
  const { kubeconfig, context, explain } = options
  const target = targetOf(subject, options, services)
  const asked = services.render({
    ...{ target, explain },
    secrets: options.showSecrets ? 'shown' : 'masked',
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  })
  const answer = await (target.kind === 'app' ? orPath(subject, asked) : asked)
  io.out(answerText(answer, options))
  for (const problem of answer.problems) io.err(failureText(problem))
  io.exit(answer.problems.some(({ code }) => problemSeverity(code) === 'error') ? 2 : 0)
}

const EXAMPLES = `
Examples:
  holdfast render ./web
  holdfast render web --revision v1.2.0 -o json
  holdfast render ./web --app app.yaml
  holdfast render web --explain
`

export function addRender(program: Command, services: RenderServices): void {
  const command = program
    .command('render')
    .description('print the objects that a path or an Application declares')
    .argument('<path|app>', 'an Application, or what begins with . or / or exists as a path')
    .addOption(outputOption(['yaml', 'json'], 'yaml'))
    .option('--revision <revision>', 'branch, tag or commit instead of the Application’s own')
    .option('-n, --namespace <namespace>', 'of the Application (default argocd), or of files that name none')
    .option('--app <file>', 'an Application whose options hold for the path')
    .option('--argocd-cm <file>', 'installation-wide settings of tools, for the path')
    .option('--explain', 'print how the render came about, instead of the objects', false)
    .option('--show-secrets', 'print the values of Secrets instead of digests', false)
    .addHelpText('after', EXAMPLES)
  addConnection(command).action((subject: string, options: RenderOptions) => runRender(services, subject, options))
}
