import { complain, type Field, isSet, mapOf, member, stringOf, stringsOf } from './field.ts'
import { readTakeover, TAKEOVER_ANNOTATION } from './takeover.ts'
import type { AppDefinition } from './types.ts'

const ARGO = 'argocd.argoproj.io/'

/**
 * Annotations of Argo CD that Holdfast reads, or that say nothing about how this Application is delivered: marks of the
 * controllers, hints for the UI, and those that speak to a parent application.
 */
const HARMLESS = new Set(
  [
    'refresh',
    'refresh-timestamp',
    'skip-reconcile',
    'compare-options',
    'sync-options',
    'sync-wave',
    'hook',
    'hook-delete-policy',
    'tracking-id',
    'installation-id',
    'manifest-generate-paths',
    'managed-by-url',
    'deletion-approved',
    'ignore-healthcheck',
    'ignore-resource-updates',
    'ignore-default-links',
    'application-set-refresh',
  ].map((name) => ARGO + name),
)

export type AppMarks = Pick<AppDefinition, 'mode' | 'takeover' | 'refresh' | 'skip' | 'cascadeDelete' | 'switchedOff'>

/** One annotation as a field; wrong types have been complained of once. */
function annotation(annotations: Field, name: string): Field {
  const field = member(annotations, name)
  return { ...field, path: `${annotations.path}[${JSON.stringify(name)}]` }
}

/** `holdfast.dev/mode` on an Application or an AppProject. */
export function readMode(annotations: Field): AppDefinition['mode'] {
  const field = annotation(annotations, 'holdfast.dev/mode')
  const text = stringOf(field)
  if (text === 'enforce' || text === 'observe') return text
  if (isSet(field)) complain(field, 'HF2001', `${field.path} must be enforce or observe`)
  return null
}

function readRefresh(annotations: Field): AppDefinition['refresh'] {
  const field = annotation(annotations, `${ARGO}refresh`)
  if (!isSet(field)) return null
  return stringOf(field) === 'hard' ? 'hard' : 'normal'
}

function readCompareOptions(annotations: Field): void {
  const field = annotation(annotations, `${ARGO}compare-options`)
  for (const option of stringOf(field).split(',')) {
    const text = option.trim()
    if (text === '' || text === 'IgnoreExtraneous') continue
    if (/^(ServerSideDiff|IncludeMutationWebhook)=(true|false)$/.test(text)) {
      complain(field, 'HF2007', `${field.path}: ${text} has no effect; Holdfast has one way to compare`)
    } else complain(field, 'HF2002', `${field.path}: ${text} is not supported yet`)
  }
}

function refuseUnknownAnnotations(annotations: Field): void {
  for (const name of Object.keys(mapOf(annotations))) {
    if (!name.startsWith(ARGO) || HARMLESS.has(name)) continue
    const field = annotation(annotations, name)
    complain(field, 'HF2002', `${field.path} is not supported yet`)
  }
}

const RESOURCES_FINALIZER = 'resources-finalizer.argocd.argoproj.io'

function readFinalizers(finalizers: Field): AppMarks['cascadeDelete'] {
  let cascade: AppMarks['cascadeDelete'] = 'none'
  for (const text of stringsOf(finalizers)) {
    if (text === RESOURCES_FINALIZER || text === `${RESOURCES_FINALIZER}/foreground`) cascade = 'foreground'
    else if (text === `${RESOURCES_FINALIZER}/background`) cascade = cascade === 'foreground' ? cascade : 'background'
    else if (/^(pre|post)-delete-finalizer\.argocd\.argoproj\.io(\/|$)/.test(text)) {
      complain(finalizers, 'HF2002', `${finalizers.path}: ${text} is not supported yet`)
    }
  }
  return cascade
}

/** `holdfast.dev/ignore-rules`: who owns the Application's ignore rules, why, and until when. */
export function notesOf(metadata: Field): Field {
  return annotation(member(metadata, 'annotations'), 'holdfast.dev/ignore-rules')
}

/** `holdfast.dev/switch-off-rules`: shipped rules, comma separated. */
function readSwitchedOff(annotations: Field): readonly string[] {
  const text = stringOf(annotation(annotations, 'holdfast.dev/switch-off-rules'))
  return text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]))
}

/** What the Application's own metadata says about how to treat it. */
export function readMarks(metadata: Field): AppMarks {
  const annotations = member(metadata, 'annotations')
  refuseUnknownAnnotations(annotations)
  readCompareOptions(annotations)
  return {
    mode: readMode(annotations),
    takeover: readTakeover(annotation(annotations, TAKEOVER_ANNOTATION)),
    refresh: readRefresh(annotations),
    skip: stringOf(annotation(annotations, `${ARGO}skip-reconcile`)) === 'true',
    switchedOff: readSwitchedOff(annotations),
    cascadeDelete: readFinalizers(member(metadata, 'finalizers')),
  }
}
