// Ignore rules and what was found about them, as text and as JSON.
import type { SwitchableRule } from '../../../core/compare/index.ts'
import { type IgnoreRule, writtenPlaces } from '../../../core/definition/index.ts'
import {
  type ClassSeen,
  type Explained,
  type Finding,
  isOverdue,
  type RuleUse,
  type Trial,
  type TriedObject,
} from '../../../core/ignores/index.ts'
import { formatRef } from '../../../core/kube/index.ts'
import { lineText, prettyJson } from './plain.ts'
import { table } from './table.ts'

export type IgnoresFormat = 'text' | 'json'

export interface ListedApp {
  readonly app: string
  readonly uses: readonly RuleUse[]
  /** The counts say something. */
  readonly tried: boolean
  readonly switchedOff: readonly string[]
}

export type IgnoresAnswer =
  | {
      readonly kind: 'list'
      readonly today: string
      readonly limit: number
      readonly apps: readonly ListedApp[]
      readonly builtin: readonly SwitchableRule[]
    }
  | {
      readonly kind: 'lint'
      readonly apps: readonly {
        readonly app: string
        readonly rules: number
        readonly tried: boolean
        readonly findings: readonly Finding[]
      }[]
    }
  | { readonly kind: 'test'; readonly apps: readonly (Trial & { readonly app: string })[] }
  | { readonly kind: 'explain'; readonly objects: readonly (Explained & { readonly app: string })[] }
  | {
      readonly kind: 'review'
      readonly today: string
      readonly apps: readonly {
        readonly app: string
        readonly rules: number
        readonly overdue: readonly IgnoreRule[]
        readonly undated: readonly IgnoreRule[]
      }[]
    }

type AnswerOf<Kind extends IgnoresAnswer['kind']> = Extract<IgnoresAnswer, { readonly kind: Kind }>

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
const dash = (text: string): string => (text === '' ? '-' : text)

function scopeOf({ group, kind, name, namespace }: IgnoreRule): string {
  const of = group === '' ? kind : `${group}/${kind}`
  if (name === '' && namespace === '') return of
  return `${of} ${dash(namespace).replace('-', namespace === '' ? '*' : '-')}/${name === '' ? '*' : name}`
}

function ruleJson(rule: IgnoreRule, today: string): object {
  const { id, origin, group, kind, name, namespace, managers, owner, reason, review } = rule
  return {
    id,
    origin,
    group,
    kind,
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    places: writtenPlaces({ ...rule, managers: [] }),
    managers,
    owner: owner === '' ? null : owner,
    reason: reason === '' ? null : reason,
    review: review === '' ? null : review,
    overdue: isOverdue(rule, today),
    usable: rule.problem === null,
  }
}

function listJson({ apps, today, limit, builtin }: AnswerOf<'list'>): object {
  return {
    limit,
    applications: apps.map(({ app, uses, tried, switchedOff }) => ({
      app,
      count: uses.length,
      switchedOff,
      rules: uses.map(({ rule, objects, fields, hidden }) => ({
        ...ruleJson(rule, today),
        ...(tried
          ? {
              objects: objects.length,
              fields,
              hides: hidden.map(({ ref, at }) => ({ object: formatRef(ref), path: at })),
            }
          : {}),
      })),
    })),
    ...(builtin.length === 0 ? {} : { builtin }),
  }
}

const HEAD = ['RULE', 'FOR', 'IGNORES', 'OWNER', 'REVIEW', 'OBJECTS', 'FIELDS', 'HIDES', 'REASON']
const SHIPPED_HEAD = ['RULE', 'FOR', 'OWNER', 'REASON']
const paint = (cell: string): string => cell

function appTable({ app, uses, tried, switchedOff }: ListedApp, { today, limit }: AnswerOf<'list'>): string {
  const count = (number: number): string => (tried ? String(number) : '?')
  const rows = uses.map(({ rule, objects, fields, hidden }) => [
    rule.id,
    scopeOf(rule),
    writtenPlaces(rule).join(', ') || '-',
    dash(rule.owner),
    `${dash(rule.review)}${isOverdue(rule, today) ? ' (overdue)' : ''}`,
    count(objects.length),
    count(fields),
    count(hidden.length),
    dash(rule.reason),
  ])
  const body = rows.length === 0 ? '' : table({ head: HEAD, rows, paint })
  const off = switchedOff.length === 0 ? '' : `switched off: ${switchedOff.map((id) => lineText(id)).join(', ')}\n`
  const many = uses.length > limit ? `warning: more than ${limit} rules: nobody reviews so many\n` : ''
  return `${lineText(app)}: ${plural(uses.length, 'rule')}\n${body}${off}${many}`
}

function listText(answer: AnswerOf<'list'>): string {
  const shipped = answer.builtin.map(({ id, kinds, owner, reason }) => [id, kinds.join(', '), owner ?? '-', reason])
  const builtin = shipped.length === 0 ? [] : [`shipped rules\n${table({ head: SHIPPED_HEAD, rows: shipped, paint })}`]
  const apps = answer.apps.map((app) => appTable(app, answer))
  return [...apps, ...builtin].join('\n') || 'no applications\n'
}

const indented = (lines: readonly string[]): string => lines.map((line) => `      ${lineText(line, 500)}\n`).join('')

function findingText({ severity, rule, code, message, proposal }: Finding): string {
  const what = rule === '' ? '' : ` ${lineText(rule, 200)}`
  return `  ${severity}${what}: ${lineText(message, 1_000)} [${code}]\n${indented(proposal)}`
}

function lintText({ apps }: AnswerOf<'lint'>): string {
  const told = apps.map(({ app, rules, tried, findings }) => {
    const how = tried ? '' : ' (not tried on objects)'
    const said = findings.length === 0 ? '  nothing to say against them\n' : findings.map(findingText).join('')
    return `${lineText(app)}: ${plural(rules, 'rule')}${how}\n${said}`
  })
  return told.join('\n') || 'no applications\n'
}

function triedText({ ref, before, after, vanished, unseen }: TriedObject): string {
  const paths = (title: string, list: readonly string[]): string =>
    list.length === 0 ? `  ${title}: nothing\n` : `  ${title}:\n${indented(list)}`
  const gone = vanished.map(({ path, intended }) => `${path}${intended ? '' : '   not intended'}`)
  const lost = unseen.map((each) => `${each.change} (${each.class})${each.intended ? ', as intended' : ''}`)
  return [
    `${lineText(formatRef(ref))}\n`,
    paths('differs before', before),
    paths('differs after', after),
    paths('vanishes', gone),
    paths('would no longer be found', lost),
  ].join('')
}

function testText({ apps }: AnswerOf<'test'>): string {
  return apps
    .map(({ app, objects, findings }) => {
      const verdict =
        findings.length === 0 ? 'only what is intended leaves the reports\n' : findings.map(findingText).join('')
      return `${lineText(app)}: tried on ${plural(objects.length, 'object')}\n${objects.map(triedText).join('')}${verdict}`
    })
    .join('\n')
}

/** Whether it would be found, and why or why not. */
function outlook({ already, seen, hiddenBy }: ClassSeen): readonly [string, string] {
  const rules = hiddenBy.join(', ')
  if (already === null) return [seen ? 'found' : 'not found', rules]
  return ['there already', already === 'declared' ? 'Git declares it' : seen ? 'it is told as drift' : rules]
}

function explainText({ objects }: AnswerOf<'explain'>): string {
  return objects
    .map(({ app, ref, present, rules, silent, told, classes }) => {
      const rows = classes.map((each) => [each.class, each.change, ...outlook(each)])
      const silence = silent.map(({ path, change, rule, owner }) => [path, change, rule, owner ?? '-'])
      return [
        `${lineText(formatRef(ref))} of ${lineText(app)}${present ? '' : ': not there'}\n`,
        `rules that speak of it: ${rules.length === 0 ? 'none' : rules.map(({ id }) => lineText(id)).join(', ')}\n`,
        told.length === 0 ? 'drift: none\n' : `drift:\n${indented(told)}`,
        silence.length === 0
          ? 'silent: nothing\n'
          : `silent:\n${table({ head: ['PATH', 'CHANGE', 'RULE', 'OWNER'], rows: silence, paint })}`,
        rows.length === 0
          ? ''
          : `if somebody changed it:\n${table({ head: ['CLASS', 'CHANGE', 'WOULD BE', 'BECAUSE OF'], rows, paint })}`,
      ].join('')
    })
    .join('\n')
}

function reviewText({ apps, today }: AnswerOf<'review'>): string {
  const rows = apps.flatMap(({ app, overdue }) =>
    overdue.map((rule) => [app, rule.id, rule.review, dash(rule.owner), dash(rule.reason)]),
  )
  const undated = apps.reduce((sum, each) => sum + each.undated.length, 0)
  const all = apps.reduce((sum, each) => sum + each.rules, 0)
  const head = ['APPLICATION', 'RULE', 'REVIEW', 'OWNER', 'REASON']
  const overdue = rows.length === 0 ? `no rule is overdue on ${today}\n` : table({ head, rows, paint })
  return `${overdue}${plural(all, 'rule')}, ${undated} without a review date\n`
}

function reviewJson({ apps, today }: AnswerOf<'review'>): object {
  return {
    today,
    applications: apps.map(({ app, rules, overdue, undated }) => ({
      app,
      count: rules,
      overdue: overdue.map((rule) => ruleJson(rule, today)),
      undated: undated.map(({ id }) => id),
    })),
  }
}

function explainJson({ objects }: AnswerOf<'explain'>): object {
  return {
    objects: objects.map(({ app, ref, present, rules, silent, told, classes }) => ({
      app,
      ref,
      present,
      rules: rules.map(({ id }) => id),
      drift: told,
      silent,
      classes,
    })),
  }
}

function asJson(answer: IgnoresAnswer): object {
  switch (answer.kind) {
    case 'list':
      return listJson(answer)
    case 'lint':
      return { applications: answer.apps }
    case 'test':
      return { applications: answer.apps }
    case 'explain':
      return explainJson(answer)
    case 'review':
      return reviewJson(answer)
    default:
      return answer satisfies never
  }
}

function asText(answer: IgnoresAnswer): string {
  switch (answer.kind) {
    case 'list':
      return listText(answer)
    case 'lint':
      return lintText(answer)
    case 'test':
      return testText(answer)
    case 'explain':
      return explainText(answer)
    case 'review':
      return reviewText(answer)
    default:
      return answer satisfies never
  }
}

export function presentIgnores(answer: IgnoresAnswer, format: IgnoresFormat): string {
  return format === 'json' ? prettyJson(asJson(answer)) : asText(answer)
}
