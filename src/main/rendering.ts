// `render`: what a path or an Application declares, and how that came about.
import { fileCluster } from '../adapters/file-cluster/index.ts'
import type { SourceRepositories } from '../adapters/source/index.ts'
import type { Cluster } from '../adapters/kube-http/index.ts'
import type { AppDefinition } from '../core/definition/index.ts'
import type { Rendered } from '../core/desired/index.ts'
import type { KubeObject } from '../core/kube/index.ts'
import { HoldfastError, type Problem, problem } from '../core/problem/index.ts'
import { readAppFile, renderApp } from '../loop/inspect-app.ts'
import { placed, withoutSecrets } from '../loop/render-once.ts'
import type { RenderAnswer, RenderRequest, RenderTarget } from '../surfaces/cli/render.ts'
import { readApplication } from './applications.ts'
import { withCluster } from './cluster.ts'
import { type Place, readOnly, readSource } from './files.ts'
import { localSource, toolSettings } from './local-source.ts'

const ARGOCD = 'argocd'

export interface RenderTools {
  readonly place: Place
  readonly digestKey: string
  readonly withSource: <T>(
    reader: Cluster['reader'],
    namespace: string,
    use: (source: SourceRepositories) => Promise<T>,
  ) => Promise<T>
}

interface Answered {
  readonly rendered: Rendered
  readonly objects: readonly KubeObject[]
  /** Besides those of the render. */
  readonly problems: readonly Problem[]
}

export async function renderAnswer(tools: RenderTools, request: RenderRequest): Promise<RenderAnswer> {
  const { target } = request
  const { rendered, objects, problems } =
    target.kind === 'files' ? await ofFiles(tools, request, target) : await ofApplication(tools, request, target)
  const shown = request.secrets === 'shown' ? objects : objects.map((object) => withoutSecrets(object, tools.digestKey))
  return { objects: shown, problems: [...problems, ...rendered.problems], sources: rendered.sources }
}

async function ofFiles(
  { place }: RenderTools,
  { explain }: RenderRequest,
  target: Extract<RenderTarget, { kind: 'files' }>,
): Promise<Answered> {
  const app = target.app === undefined ? null : await definitionIn(place, target.app)
  const how = app === null ? {} : await localSource(app.definition, { cwd: place.cwd, path: target.path })
  const { argocdCm } = target
  const tools = toolSettings(argocdCm === undefined ? null : await readOnly(place, argocdCm, 'ConfigMap'))
  const rendered = await readSource(place, target.path, { ...how, explain, settings: tools.settings })
  const objects = rendered.objects.map(({ object }) => object)
  const problems = [...(app?.problems ?? []), ...tools.problems]
  const namespace = target.namespace ?? app?.definition.destinationNamespace ?? ''
  if (namespace === '') return { rendered, objects, problems }
  const { reader } = fileCluster({ live: [], problems: [], declared: objects, namespace })
  return { rendered, objects: await placed(reader, objects, namespace), problems }
}

async function ofApplication(
  tools: RenderTools,
  request: RenderRequest,
  target: Extract<RenderTarget, { kind: 'app' }>,
): Promise<Answered> {
  return withCluster(tools.place.env, request, async ({ reader }) => {
    const application = await readApplication(reader, target)
    const { definition, problems } = usable(readAppFile(application, target.namespace), target.name)
    const rendered = await tools.withSource(reader, target.namespace, (source) =>
      renderApp(
        { source, reader },
        { definition, project: null },
        {
          explain: request.explain,
          ...(target.revision === undefined ? {} : { revision: target.revision }),
        },
      ),
    )
    const objects = rendered.objects.map(({ object }) => object)
    const { destinationNamespace } = definition
    return {
      rendered,
      objects: destinationNamespace === '' ? objects : await placed(reader, objects, destinationNamespace),
      problems,
    }
  })
}

interface Usable {
  readonly definition: AppDefinition
  readonly problems: readonly Problem[]
}

async function definitionIn(place: Place, file: string): Promise<Usable> {
  return usable(readAppFile(await readOnly(place, file, 'Application'), ARGOCD), file)
}

function usable(read: ReturnType<typeof readAppFile>, name: string): Usable {
  const { definition, problems } = read
  if (definition !== null) return { definition, problems }
  throw new HoldfastError(problems[0] ?? problem('HF2001', `the Application ${name} cannot be used`))
}
