// Who delivers an object by its own marks? Whether he is there, and knows of it, is another question.
import type { Settings } from '../definition/index.ts'
import { readTracking, TRACKING_ANNOTATION } from '../desired/index.ts'
import type { KubeObject } from '../kube/index.ts'
import type { Claim } from './types.ts'

function text(map: unknown, key: string): string {
  if (typeof map !== 'object' || map === null || !Object.hasOwn(map, key)) return ''
  const value = (map as Record<string, unknown>)[key]
  return typeof value === 'string' ? value : ''
}

/** `name` is what marks carry: `web`, or `team_web` outside the control plane's namespace. */
export function applicationName(name: string): string {
  return `Application ${name}`
}

function argocd(object: KubeObject, settings: Settings): Claim[] {
  const own = readTracking(object, settings)
  if (own !== null) {
    const mark = own.selfReferencing ? 'own' : 'copied'
    const proves = settings.trackingMethod === 'label' ? 'label' : mark
    return [{ tool: 'argocd', name: applicationName(own.app), mark: proves }]
  }
  const other = text(object.metadata.annotations, TRACKING_ANNOTATION)
  // Of another installation, or of none that can be read.
  if (other !== '') return [{ tool: 'argocd', name: `another installation (${other})`, mark: 'own' }]
  const instance = text(object.metadata.labels, settings.instanceLabelKey)
  return instance === '' ? [] : [{ tool: 'argocd', name: applicationName(instance), mark: 'label' }]
}

function flux(object: KubeObject, tool: 'kustomization' | 'helmrelease'): Claim[] {
  const group = tool === 'kustomization' ? 'kustomize.toolkit.fluxcd.io' : 'helm.toolkit.fluxcd.io'
  const name = text(object.metadata.labels, `${group}/name`)
  if (name === '') return []
  const kind = tool === 'kustomization' ? 'Kustomization' : 'HelmRelease'
  return [{ tool, name: `${kind} ${text(object.metadata.labels, `${group}/namespace`)}/${name}`, mark: 'own' }]
}

export function releaseName(namespace: string, name: string): string {
  return `Helm release ${namespace}/${name}`
}

function helm({ metadata }: KubeObject): Claim[] {
  const name = text(metadata.annotations, 'meta.helm.sh/release-name')
  if (name === '') return []
  const namespace = text(metadata.annotations, 'meta.helm.sh/release-namespace') || (metadata.namespace ?? '')
  return [{ tool: 'helm', name: releaseName(namespace, name), mark: 'own' }]
}

/** Those of tools other than Argo CD. */
export function toolClaims(object: KubeObject): readonly Claim[] {
  return [...flux(object, 'kustomization'), ...flux(object, 'helmrelease'), ...helm(object)]
}

/** The strongest first. A HelmRelease delivers through Helm: its objects carry both marks. */
export function claimsOf(object: KubeObject, settings: Settings): readonly Claim[] {
  const all = [...argocd(object, settings), ...toolClaims(object)]
  return [...all.filter(({ mark }) => mark === 'own'), ...all.filter(({ mark }) => mark !== 'own')]
}
