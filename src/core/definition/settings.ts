import type { KubeObject } from '../kube/index.ts'
import { readCompareOptions } from './compare-options.ts'
import { readCustomizations, ROLLOUT } from './customizations.ts'
import { parseGoDuration } from './duration.ts'
import { complain, type Field, isSet, mapOf, member, type Reading, stringOf } from './field.ts'
import { DEFAULT_RESOURCES, readResourceFilter } from './resource-filter.ts'
import type { Parsed, Settings, TrackingMethod } from './types.ts'

const DEFAULT_SETTINGS: Settings = {
  trackingMethod: 'annotation',
  instanceLabelKey: 'app.kubernetes.io/instance',
  installationID: '',
  reconciliationMs: 120_000,
  reconciliationJitterMs: 60_000,
  ignoreDifferences: [],
  knownTypes: [ROLLOUT],
  ignoreStatus: 'all',
  resources: DEFAULT_RESOURCES,
}

const METHODS: readonly TrackingMethod[] = ['annotation', 'label', 'annotation+label']

/** Keys that change what is rendered, compared, judged healthy or permitted, and that are not read yet. */
const NOT_YET = ['resource.customLabels', 'globalProjects']

const LABEL_KEY = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/

function readDuration(field: Field, fallback: number): number {
  const text = stringOf(field).trim()
  if (text === '') return fallback
  const value = parseGoDuration(text)
  if (value !== null && value >= 0) return Math.round(value)
  complain(
    field,
    'HF2008',
    `${field.path} is ${JSON.stringify(text)}, not a duration such as 120s; ${fallback / 1000}s is used`,
  )
  return fallback
}

function readMethod(field: Field): TrackingMethod | null {
  const text = stringOf(field)
  if (text === '') return DEFAULT_SETTINGS.trackingMethod
  const method = METHODS.find((known) => known === text)
  if (method === undefined) complain(field, 'HF2008', `${field.path} must be one of ${METHODS.join(', ')}`)
  return method ?? null
}

function readLabelKey(field: Field): string | null {
  const text = stringOf(field)
  if (text === '') return DEFAULT_SETTINGS.instanceLabelKey
  if (LABEL_KEY.test(text)) return text
  complain(field, 'HF2008', `${field.path} must be a label key`)
  return null
}

function reportOthers(data: Field): void {
  for (const [name, value] of Object.entries(mapOf(data))) {
    if (NOT_YET.includes(name) && value !== '')
      complain(member(data, name), 'HF2002', `argocd-cm: ${name} is not supported yet`)
  }
}

/**
 * Reads `argocd-cm`; null (there is none) gives the defaults. Problems beside a value report what is not taken into
 * account; without a value (the tracking method or label cannot be told) nothing may be written.
 */
export function parseSettings(argocdCm: KubeObject | null): Parsed<Settings> {
  if (argocdCm === null) return { value: DEFAULT_SETTINGS, problems: [] }
  const reading: Reading = { problems: [], subject: { object: 'ConfigMap argocd-cm' } }
  const data = member({ reading, path: '', value: argocdCm }, 'data')
  const key = (name: string): Field => {
    const field = member(data, name)
    return isSet(field) ? { ...field, path: name } : field
  }
  const trackingMethod = readMethod(key('application.resourceTrackingMethod'))
  const instanceLabelKey = readLabelKey(key('application.instanceLabelKey'))
  const rest = {
    installationID: stringOf(key('installationID')),
    reconciliationMs: readDuration(key('timeout.reconciliation'), DEFAULT_SETTINGS.reconciliationMs),
    reconciliationJitterMs: readDuration(key('timeout.reconciliation.jitter'), DEFAULT_SETTINGS.reconciliationJitterMs),
  }
  const customizations = readCustomizations(data)
  const compare = readCompareOptions(key('resource.compareoptions'))
  const compared = {
    ignoreDifferences: [...customizations.ignoreDifferences, ...compare.rules],
    knownTypes: customizations.knownTypes,
    ignoreStatus: compare.ignoreStatus,
    resources: readResourceFilter(key('resource.exclusions'), key('resource.inclusions')),
  }
  reportOthers(data)
  if (trackingMethod === null || instanceLabelKey === null) return { value: null, problems: reading.problems }
  return { value: { trackingMethod, instanceLabelKey, ...rest, ...compared }, problems: reading.problems }
}
