// What is wrong with ignore rules: as they are written, and by what they do to objects.
import { formatPointerText, type IgnoreRule, isGlob, type RuleBook, writtenPlaces } from '../definition/index.ts'
import { fieldClass, isSensitive, switchableRules } from '../compare/index.ts'
import { type FieldPath, formatPath, formatRef, type ObjectRef } from '../kube/index.ts'
import { namingLines } from './naming.ts'
import { overlaps } from './overlap.ts'
import { isPersonsTool } from './people.ts'
import { hiddenBySample } from './sample.ts'
import type { Finding, FindingCode, HiddenDifference, RuleUse } from './types.ts'

export interface LintOptions {
  /** YYYY-MM-DD. */
  readonly today: string
  /** More rules than this are too many to be reviewed. */
  readonly limit: number
  /** The rules were tried on the objects that they are for. */
  readonly tried: boolean
}

type Say = (code: FindingCode, severity: Finding['severity'], message: string, proposal?: readonly string[]) => Finding

const sayOf =
  (rule: string): Say =>
  (code, severity, message, proposal = []) => ({ code, severity, rule, message, proposal })

/** Maps whose members nobody knows beforehand. */
const FREE_MAPS = /\/(annotations|labels|data|stringData|binaryData|matchLabels|nodeSelector)$/
/** Whole regions. */
const REGIONS = ['/spec', '/metadata', '/data', '/spec/template', '/spec/template/spec', '/rules']
const JQ_REGION = /^\.(spec|metadata|data|rules)?$/

function textsOf(rule: IgnoreRule): readonly string[] {
  return rule.jsonPointers.map(formatPointerText)
}

function widthOf(rule: IgnoreRule, say: Say): Finding[] {
  const hidden = [...new Set(hiddenBySample(rule).map((result) => result.class))].filter((found) => found !== 'other')
  const region = [
    ...textsOf(rule).filter((text) => REGIONS.includes(text)),
    ...rule.jqPaths.map(({ text }) => text.trim()).filter((text) => JQ_REGION.test(text)),
  ]
  if (hidden.length > 1 || region.length > 0) {
    const what = hidden.length === 0 ? '' : `: it also hides changes of ${hidden.join(', ')}`
    const named = region.length > 0 ? region : writtenPlaces(rule)
    return [
      say('too-wide', 'error', `${named.join(', ')} is too wide${what}`, [
        'Name the exact field, and nothing that surrounds it.',
      ]),
    ]
  }
  const [only] = hidden
  const sensitive =
    only !== undefined && isSensitive(only)
      ? [say('too-wide', 'error', `it hides every change of ${only}`, ['Name the exact field of one item.'])]
      : []
  const maps = [...textsOf(rule), ...rule.jqPaths.map(({ text }) => text.replaceAll('.', '/'))]
    .filter((text) => FREE_MAPS.test(text))
    .map((text) =>
      say('whole-map', 'warning', `${text} hides all of a map, whatever is put into it`, mapProposal(text)),
    )
  return [...sensitive, ...maps]
}

function mapProposal(text: string): string[] {
  const path = text.replaceAll('/', '.')
  return [
    'Name the member, or its prefix:',
    'jqPathExpressions:',
    `  - '${path} | select(. != null) | with_entries(select(.key | startswith("PREFIX")))'`,
  ]
}

function scopeLines(objects: readonly ObjectRef[]): string[] {
  const one = (name: 'name' | 'namespace'): string[] => {
    const values = [...new Set(objects.map((ref) => ref[name]))]
    return values.length === 1 && values[0] !== '' ? [`${name}: ${values[0]}`] : []
  }
  const kinds = [...new Set(objects.map(({ group, kind }) => `group: ${JSON.stringify(group)}, kind: ${kind}`))]
  return objects.length === 0 ? [] : [...(kinds.length === 1 ? kinds : []), ...one('name'), ...one('namespace')]
}

const isOpen = (text: string): boolean => text === '' || isGlob(text)

/** Parts of the scope that could be closed. */
function openParts({ rule, objects }: RuleUse): string[] {
  const kinds = (['group', 'kind'] as const).filter((part) => isGlob(rule[part]))
  // The keys of argocd-cm name kinds and nothing else.
  if (rule.origin === 'argocd-cm') return kinds
  const clusterScoped = objects.length > 0 && objects.every(({ namespace }) => namespace === '')
  const places = (['name', 'namespace'] as const).filter((part) => isOpen(rule[part]))
  return [...kinds, ...places.filter((part) => part === 'name' || !clusterScoped)]
}

function unscoped(use: RuleUse, say: Say): Finding[] {
  const { rule, objects } = use
  const open = openParts(use)
  if (open.length === 0) return []
  const now =
    objects.length === 0 ? '' : `; it speaks of ${objects.length} object${objects.length === 1 ? '' : 's'} now`
  const lines = rule.origin === 'argocd-cm' ? [] : scopeLines(objects)
  const proposal = lines.length > 0 ? lines : open.map((part) => `${part}: …`)
  return [say('unscoped', 'warning', `it is open in ${open.join(', ')}${now}`, proposal)]
}

function answerable(rule: IgnoreRule, { today }: LintOptions, say: Say): Finding[] {
  const how = 'Say so: see docs/reference/ignore.md.'
  return [
    ...(rule.owner === '' ? [say('no-owner', 'error', 'nobody is named who owns what it ignores', [how])] : []),
    ...(rule.reason === ''
      ? [say('no-reason', 'warning', 'it does not say why another writes this field', [how])]
      : []),
    ...(rule.review === ''
      ? [say('no-review-date', 'warning', 'it has no review date', [how])]
      : rule.review < today
        ? [say('overdue', 'error', `it was to be reviewed on ${rule.review}`)]
        : []),
  ]
}

/** `status` is never compared unless somebody asks for it. */
function isStatusOnly(rule: IgnoreRule): boolean {
  const places = writtenPlaces(rule)
  return rule.managers.length === 0 && places.length > 0 && places.every((text) => /^[./]status\b/.test(text))
}

function written(use: RuleUse, options: LintOptions): Finding[] {
  const { rule } = use
  const say = sayOf(rule.id)
  if (rule.problem !== null) return [say('unusable', 'error', rule.problem.message, [rule.problem.action])]
  if (writtenPlaces(rule).length === 0) return [say('no-path', 'error', 'it names no path: it ignores nothing')]
  if (isStatusOnly(rule)) return [say('without-effect', 'note', 'status is not compared anyway')]
  const people = rule.managers.filter(isPersonsTool)
  return [
    ...(people.length === 0
      ? []
      : [say('hides-people', 'error', `it hides whatever people write with ${people.join(', ')}`)]),
    ...widthOf(rule, say),
    ...unscoped(use, say),
    ...answerable(rule, options, say),
  ]
}

function pathsOf(hidden: readonly HiddenDifference[]): FieldPath[] {
  return [...new Map(hidden.flatMap(({ places }) => places).map((path) => [formatPath(path), path])).values()]
}

function narrower({ hidden }: RuleUse, say: Say): Finding[] {
  const wide = hidden.filter(({ at, places }) => places.some((path) => formatPath(path) !== at))
  if (wide.length === 0) return []
  const found = pathsOf(wide)
  const texts = found.map(formatPath)
  const bad = [...new Set(found.map(fieldClass).filter(isSensitive))]
  const shown = texts.length > 5 ? `${texts.slice(0, 5).join(', ')} and ${texts.length - 5} more` : texts.join(', ')
  const what = bad.length === 0 ? '' : ` (${bad.join(', ')})`
  const severity = bad.length === 0 ? 'warning' : 'error'
  return [say('wider-than-needed', severity, `what really differs is ${shown}${what}`, namingLines(found.slice(0, 20)))]
}

function byPeople({ hidden }: RuleUse, say: Say): Finding[] {
  const edits = hidden.flatMap(({ ref, writers }) =>
    writers.filter(({ manager }) => isPersonsTool(manager)).map((writer) => ({ ref, ...writer })),
  )
  return edits.slice(0, 5).map(({ ref, at, manager, time }) => {
    const when = time === null ? '' : `, ${time}`
    return say('hides-people', 'error', `${at} of ${formatRef(ref)} was written by ${manager}${when}`)
  })
}

function done(use: RuleUse): Finding[] {
  const { rule, objects, fields, hidden, errors } = use
  const say = sayOf(rule.id)
  if (rule.problem !== null || writtenPlaces(rule).length === 0 || isStatusOnly(rule)) return []
  const failed = errors.map((error) => say('unusable', 'error', `it fails on objects that it speaks of: ${error}`))
  // An installation's own rules need not speak of this application's objects.
  const isLocal = rule.origin === 'application' || rule.origin === 'repository'
  if (!isLocal && hidden.length === 0) return failed
  if (objects.length === 0) return [...failed, say('matches-nothing', 'warning', 'it speaks of no object')]
  if (fields === 0 && errors.length === 0)
    return [say('matches-nothing', 'warning', `it names nothing in the objects that it speaks of (${objects.length})`)]
  return [...failed, ...narrower(use, say), ...byPeople(use, say)]
}

function switches(book: RuleBook): Finding[] {
  const known = new Set(switchableRules().map(({ id }) => id))
  return [...book.switchedOff].map((id) =>
    known.has(id)
      ? sayOf(id)('switched-off', 'note', 'this shipped rule is switched off')
      : sayOf(id)('unknown-rule', 'error', 'there is no shipped rule of this name', [
          'See: holdfast ignores list --builtin',
        ]),
  )
}

/** Everything that is wrong with the rules of a book, given what each of them does. */
export function lint(book: RuleBook, uses: readonly RuleUse[], options: LintOptions): readonly Finding[] {
  const { limit, tried } = options
  const many =
    uses.length > limit
      ? [
          sayOf('')('too-many', 'warning', `${uses.length} rules are more than the ${limit} that can be reviewed`, [
            'Remove what is no longer needed.',
          ]),
        ]
      : []
  const findings = [
    ...many,
    ...switches(book),
    ...uses.flatMap((use) => written(use, options)),
    ...(tried ? uses.flatMap((use) => done(use)) : []),
    ...overlaps(book.all),
  ]
  const order = new Map(['', ...book.switchedOff, ...book.all.map(({ id }) => id)].map((id, at) => [id, at]))
  return findings.sort((a, b) => (order.get(a.rule) ?? 0) - (order.get(b.rule) ?? 0))
}
