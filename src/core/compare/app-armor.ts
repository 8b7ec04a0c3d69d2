// The annotation that an API server before 1.34 adds for a container's AppArmor profile.
import { isMap, type Json, type JsonMap, type KubeObject } from '../kube/index.ts'

const PREFIX = 'container.apparmor.security.beta.kubernetes.io/'

function profileOf(holder: Json | undefined): JsonMap | undefined {
  const context = isMap(holder) ? holder['securityContext'] : undefined
  const profile = isMap(context) ? context['appArmorProfile'] : undefined
  return isMap(profile) ? profile : undefined
}

function textOf(profile: JsonMap): string | undefined {
  const { type, localhostProfile } = profile
  if (type === 'RuntimeDefault') return 'runtime/default'
  if (type === 'Unconfined') return 'unconfined'
  return type === 'Localhost' && typeof localhostProfile === 'string' ? `localhost/${localhostProfile}` : undefined
}

export function isAppArmorAnnotation(name: string, value: Json, live: KubeObject): boolean {
  if (!name.startsWith(PREFIX)) return false
  const spec = live['spec'] as Json | undefined
  if (!isMap(spec)) return false
  const containers = ['containers', 'initContainers'].flatMap((list) => (spec[list] ?? []) as readonly Json[])
  const container = containers.find((each) => isMap(each) && each['name'] === name.slice(PREFIX.length))
  const profile = profileOf(container) ?? profileOf(spec)
  return container !== undefined && profile !== undefined && textOf(profile) === value
}
