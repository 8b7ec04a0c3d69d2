// `resource.customizations` of argocd-cm, whole and in split keys: system-wide ignore rules and types of fields.
import { readEmbedded } from './embedded-yaml.ts'
import { complain, type Field, isSet, itemsOf, mapOf, member, refuseOthers, stringOf } from './field.ts'
import { readRuleOfKind } from './ignore-rule.ts'
import type { GroupKind, IgnoreRule, KnownTypeField } from './types.ts'

const WHOLE = 'resource.customizations'
const SPLIT = /^resource\.customizations\.([A-Za-z]+)\.(.+)$/

/** Says something about objects that Argo CD shows or about when it looks, never about what differs. */
const WITHOUT_BEARING = ['actions', 'ignoreResourceUpdates']
const NOT_YET = ['health', 'health.lua', 'useOpenLibs', 'health.lua.useOpenLibs']

export interface Customizations {
  readonly ignoreDifferences: IgnoreRule[]
  readonly knownTypes: KnownTypeField[]
}

/** `apps_Deployment`, core kinds as `Service`, `all`; a group may hold underscores as little as dots end it. */
function kindOfKey(text: string): GroupKind {
  if (text === 'all') return { group: '*', kind: '*' }
  const at = text.lastIndexOf('_')
  return { group: text.slice(0, Math.max(0, at)), kind: text.slice(at + 1) }
}

/** `apps/Deployment`, core kinds as `Service` or `/Service`; globs. */
function kindOfPath(text: string): GroupKind {
  const at = text.indexOf('/')
  return { group: text.slice(0, Math.max(0, at)), kind: text.slice(at + 1) }
}

/** A text that cannot be read may have ignored anything of its kind: its objects are held. */
function readIgnore(field: Field, of: GroupKind, into: Customizations): void {
  const { problems } = field.reading
  const before = problems.length
  const rule = readEmbedded(field, 'HF2008', (document) =>
    isSet(document) ? readRuleOfKind(document, of, 'argocd-cm') : null,
  )
  const unreadable = problems.slice(before).find(({ code }) => code === 'HF2008')
  if (rule !== null) into.ignoreDifferences.push({ ...rule, problem: rule.problem ?? unreadable ?? null })
  else if (unreadable !== undefined)
    into.ignoreDifferences.push({
      ...readRuleOfKind({ ...field, value: {} }, of, 'argocd-cm'),
      problem: { ...unreadable, code: 'HF2005' },
    })
}

/** Those that Argo CD knows: two, and every struct of `core/v1`. */
const KNOWN_TYPES = /^(core\/Quantity|meta\/v1\/Duration|core\/v1\/[A-Z][A-Za-z0-9]{0,80})$/
const TYPES_TEXT = 'core/Quantity, meta/v1/Duration and types of core/v1 are'

function readKnownType(field: Field, of: GroupKind): KnownTypeField | null {
  mapOf(field)
  refuseOthers(field, { supported: ['field', 'type'] })
  const text = stringOf(member(field, 'field'))
  if (text === '') complain(field, 'HF2008', `${field.path}.field is missing`)
  const type = stringOf(member(field, 'type'))
  const isKnown = KNOWN_TYPES.test(type)
  if (!isKnown) complain(field, 'HF2008', `${field.path}.type ${JSON.stringify(type)} is not known: ${TYPES_TEXT}`)
  return text === '' || !isKnown ? null : { ...of, field: text.split('.'), type }
}

function readKnownTypes(field: Field, of: GroupKind, into: Customizations): void {
  const read = (list: Field): KnownTypeField[] => itemsOf(list).flatMap((item) => readKnownType(item, of) ?? [])
  // Inside the whole map it may be a list as it is.
  if (Array.isArray(field.value)) into.knownTypes.push(...read(field))
  else into.knownTypes.push(...readEmbedded(field, 'HF2008', read))
}

function readOne(what: string, field: Field, of: GroupKind, into: Customizations): void {
  if (!isSet(field) || field.value === '') return
  if (what === 'ignoreDifferences') readIgnore(field, of, into)
  else if (what === 'knownTypeFields') readKnownTypes(field, of, into)
  else if (NOT_YET.includes(what)) complain(field, 'HF2002', `argocd-cm: ${field.path} is not supported yet`)
  else if (!WITHOUT_BEARING.includes(what)) complain(field, 'HF2007', `argocd-cm: ${field.path} is not known`)
}

function readWhole(field: Field, into: Customizations): void {
  readEmbedded(field, 'HF2008', (map) => {
    for (const key of Object.keys(mapOf(map))) {
      const customization = { ...member(map, key), path: `${WHOLE}[${JSON.stringify(key)}]` }
      for (const what of Object.keys(mapOf(customization)))
        readOne(what, member(customization, what), kindOfPath(key), into)
    }
  })
}

/** Known to Argo CD where its settings say nothing of the kind. */
export const ROLLOUT: KnownTypeField = {
  group: 'argoproj.io',
  kind: 'Rollout',
  field: ['spec', 'template', 'spec'],
  type: 'core/v1/PodSpec',
}

/** Of the data of argocd-cm. Split keys come last, as in Argo CD. */
export function readCustomizations(data: Field): Customizations {
  const into: Customizations = { ignoreDifferences: [], knownTypes: [] }
  const whole = member(data, WHOLE)
  if (isSet(whole)) readWhole({ ...whole, path: WHOLE }, into)
  for (const name of Object.keys(mapOf(data)).sort()) {
    const [, what, key] = SPLIT.exec(name) ?? []
    if (what === undefined || key === undefined) continue
    readOne(what, { ...member(data, name), path: name }, kindOfKey(key), into)
  }
  const { group, kind } = ROLLOUT
  if (!into.knownTypes.some((known) => known.group === group && known.kind === kind)) into.knownTypes.push(ROLLOUT)
  return into
}
