// Which Application an object belongs to, and which Applications nobody is named for.
import { markedBy, ownerOf } from '../core/classify/index.ts'
import { NO_OWNERSHIP } from '../core/definition/index.ts'
import { isMap, type KubeObject, refOf } from '../core/kube/index.ts'
import { inventoryOf } from '../loop/definitions.ts'
import { decideTakeover } from '../loop/decide-takeover.ts'
import { readOwnership } from '../loop/owners.ts'
import { type AnnotationRequest, applicationRef, requestAnnotation } from '../loop/steps/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClusterReader } from '../ports/cluster-reader.ts'
import { type ExplainServices, isSubject } from '../surfaces/cli/explain.ts'
import type { ResponsibilityServices, UnownedApp } from '../surfaces/cli/responsibility.ts'
import { listApplications, ofApplications } from './applications.ts'
import { type Environment, withCluster } from './cluster.ts'

type Reader = Pick<ClusterReader, 'kind' | 'get' | 'list'>

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`

function placeOf(application: KubeObject): { readonly project: string; readonly destination: string } {
  const spec = isMap(application.spec) ? application.spec : {}
  const destination = isMap(spec.destination) ? spec.destination.namespace : undefined
  return {
    project: typeof spec.project === 'string' && spec.project !== '' ? spec.project : 'default',
    destination: typeof destination === 'string' ? destination : '',
  }
}

async function isUnowned(
  reader: Reader,
  application: KubeObject,
  map: typeof NO_OWNERSHIP.map,
): Promise<UnownedApp | null> {
  const { project, destination } = placeOf(application)
  const app = keyOf(application)
  const namespace = application.metadata.namespace ?? ''
  const kind = { group: 'argoproj.io', version: 'v1alpha1', kind: 'AppProject' }
  const appProject = await reader.get({ ...kind, namespace, name: project })
  const target =
    destination === ''
      ? null
      : await reader.get({ group: '', version: 'v1', kind: 'Namespace', namespace: '', name: destination })
  const object = { ...application, apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' }
  const found = ownerOf({ ...refOf(object), namespace: destination }, object, {
    map,
    app,
    project,
    application: markedBy(`Application ${app}`, application),
    appProject: appProject === null ? null : markedBy(`AppProject ${project}`, appProject),
    namespace: target === null ? null : markedBy(`Namespace ${destination}`, target),
    codeowners: null,
    codeownersFile: '',
  })
  return found === null ? { app, project, destination } : null
}

export function responsibilityServices(
  env: Environment,
  clock: Clock,
): Pick<ExplainServices & ResponsibilityServices, 'appsOf' | 'appNames' | 'unowned' | 'decideTakeover'> {
  return {
    appsOf: (request) =>
      withCluster(env, request, async ({ reader }) => {
        const all = await listApplications(reader, request.appNamespace)
        const named = all.filter((one) => inventoryOf(one).some((ref) => isSubject({ ref }, request.subject)))
        return named.map(keyOf)
      }),
    appNames: (request) =>
      withCluster(env, request, async ({ reader }) => (await listApplications(reader, request.namespace)).map(keyOf)),
    decideTakeover: (request) =>
      withCluster(env, request, ({ reader, writer }) => {
        const { namespace, name, decision, managers, paths } = request
        const tools = { reader, clock, annotate: (given: AnnotationRequest) => requestAnnotation(writer, given) }
        const ref = applicationRef(namespace, name)
        return ofApplications(() => decideTakeover(tools, { ref, decision, managers, paths }))
      }),
    unowned: (request) =>
      withCluster(env, request, async ({ reader }) => {
        const { value } = await readOwnership(reader, request.namespace)
        const all = await listApplications(reader, request.namespace)
        const found = await Promise.all(all.map((one) => isUnowned(reader, one, value.map)))
        return found.filter((one) => one !== null)
      }),
  }
}
