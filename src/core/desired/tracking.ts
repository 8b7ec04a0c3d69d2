import type { AppDefinition, Settings } from '../definition/index.ts'
import { isMap, type KubeObject, type ObjectRef, refOf } from '../kube/index.ts'

export const TRACKING_ANNOTATION = 'argocd.argoproj.io/tracking-id'
export const INSTALLATION_ANNOTATION = 'argocd.argoproj.io/installation-id'

const MAX_LABEL = 63

/** The name that marks carry: `<app>`, or `<namespace>_<app>` outside the control plane's own namespace. */
export function appTrackingName(definition: AppDefinition, controlPlaneNamespace: string): string {
  const { namespace, name } = definition
  return namespace === controlPlaneNamespace ? name : `${namespace}_${name}`
}

/**
 * `<app>:<group>/<Kind>:<namespace>/<name>`. For cluster-scoped objects Argo CD writes the destination's namespace; the
 * caller passes it as the ref's.
 */
export function trackingIdOf(app: string, ref: Omit<ObjectRef, 'version'>): string {
  return `${app}:${ref.group}/${ref.kind}:${ref.namespace}/${ref.name}`
}

/** Cuts to what a label value may be; null when nothing usable is left. */
function labelValue(text: string): string | null {
  const cut = text.slice(0, MAX_LABEL).replace(/[^A-Za-z0-9]+$/, '')
  if (text.length <= MAX_LABEL) return text
  return cut === '' ? null : cut
}

export interface Mark {
  readonly annotations: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

export const NO_MARK: Mark = { annotations: {}, labels: {} }

/** Whether marks can be written at all: with method `label` the whole name has to fit. */
export function canTrack(app: string, settings: Settings): boolean {
  return settings.trackingMethod !== 'label' || app.length <= MAX_LABEL
}

/** What has to stand on an object so that it is known to be the application's. */
export function markOf(app: string, settings: Settings, ref: Omit<ObjectRef, 'version'>): Mark {
  const annotations: Record<string, string> = {}
  const labels: Record<string, string> = {}
  if (settings.trackingMethod !== 'label') {
    annotations[TRACKING_ANNOTATION] = trackingIdOf(app, ref)
    if (settings.installationID !== '') annotations[INSTALLATION_ANNOTATION] = settings.installationID
  }
  if (settings.trackingMethod !== 'annotation') {
    const value = labelValue(app)
    if (value !== null) labels[settings.instanceLabelKey] = value
  }
  return { annotations, labels }
}

export interface Tracking {
  readonly app: string
  /** False: the mark was copied from another object; it neither counts for the application nor permits a prune. */
  readonly selfReferencing: boolean
}

function text(map: unknown, key: string): string {
  if (typeof map !== 'object' || map === null || !Object.hasOwn(map, key)) return ''
  const value = (map as Record<string, unknown>)[key]
  return typeof value === 'string' ? value : ''
}

/** The four parts after the application's name; null when the id is malformed. */
export function parseTrackingId(id: string): ({ readonly app: string } & Omit<ObjectRef, 'version'>) | null {
  const match = /^([^:]+):([^:/]*)\/([^:/]+):([^/]*)\/([^/]+)$/.exec(id)
  if (match === null) return null
  const [, app = '', group = '', kind = '', namespace = '', name = ''] = match
  return { app, group, kind, namespace, name }
}

/** Which application a live object is marked for; null when it carries no (readable) mark of this installation. */
export function readTracking(object: KubeObject, settings: Settings): Tracking | null {
  if (settings.trackingMethod === 'label') {
    const app = text(object.metadata.labels, settings.instanceLabelKey)
    return app === '' ? null : { app, selfReferencing: true }
  }
  const { annotations } = object.metadata
  const { installationID } = settings
  if (installationID !== '' && text(annotations, INSTALLATION_ANNOTATION) !== installationID) return null
  const id = parseTrackingId(text(annotations, TRACKING_ANNOTATION))
  if (id === null) return null
  const ref = refOf(object)
  const selfReferencing =
    id.group === ref.group &&
    id.kind === ref.kind &&
    id.name === ref.name &&
    (ref.namespace === '' || id.namespace === ref.namespace)
  return { app: id.app, selfReferencing }
}

const MARK = `.metadata.annotations["${TRACKING_ANNOTATION}"]`

/** The tracking mark is missing, alone or with the map that was to hold nothing else. */
export function isMissingMark(field: {
  readonly change: string
  readonly at: string
  readonly desired?: unknown
}): boolean {
  const { change, at, desired } = field
  if (change !== 'removed') return false
  if (at === MARK) return true
  if (at !== '.metadata.annotations' || !isMap(desired)) return false
  const names = Object.keys(desired)
  return names.length === 1 && names[0] === TRACKING_ANNOTATION
}
