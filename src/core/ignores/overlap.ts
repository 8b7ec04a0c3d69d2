// Rules that say the same, or less than another: found by what they name, not by asking each about each.
import { formatPointerText, type IgnoreRule, isGlob } from '../definition/index.ts'
import type { Finding } from './types.ts'

/** One place of one rule. */
interface Place {
  readonly rule: IgnoreRule
  readonly text: string
}

type Scope = Pick<IgnoreRule, 'group' | 'kind' | 'name' | 'namespace'>

const keyOf = ({ group, kind, name, namespace }: Scope, text: string): string =>
  JSON.stringify([group, kind, name, namespace, text])

/** The scopes that contain this one, itself among them. */
function wider({ group, kind, name, namespace }: Scope): Scope[] {
  const kinds = [
    { group, kind },
    { group: '*', kind },
    { group, kind: '*' },
    { group: '*', kind: '*' },
  ]
  const names = [...new Set([name, ''])]
  const namespaces = [...new Set([namespace, ''])]
  const all = kinds.flatMap((of) =>
    names.flatMap((one) => namespaces.map((at) => ({ ...of, name: one, namespace: at }))),
  )
  return [...new Map(all.map((scope) => [keyOf(scope, ''), scope])).values()]
}

/** The pointer itself and every pointer to what surrounds it. */
function surrounding(segments: readonly string[]): string[] {
  return segments.map((_, index) => formatPointerText(segments.slice(0, segments.length - index)))
}

function placesOf(rule: IgnoreRule): { text: string; covers: readonly string[] }[] {
  return [
    ...rule.jsonPointers.map((segments) => ({
      text: formatPointerText(segments),
      covers: surrounding(segments),
    })),
    ...rule.jqPaths.map(({ text }) => ({ text, covers: [text] })),
    ...rule.managers.map((manager) => ({ text: `manager ${manager}`, covers: [`manager ${manager}`] })),
  ]
}

function isContradiction(a: IgnoreRule, b: IgnoreRule): boolean {
  const differs = (left: string, right: string): boolean => left !== '' && right !== '' && left !== right
  return differs(a.owner, b.owner) || differs(a.reason, b.reason)
}

function told(mine: Place, other: Place): Finding {
  const same = mine.text === other.text && keyOf(mine.rule, '') === keyOf(other.rule, '')
  if (same && isContradiction(mine.rule, other.rule))
    return {
      code: 'contradicts',
      severity: 'warning',
      rule: mine.rule.id,
      message: `${mine.text} is ignored by ${other.rule.id} as well, with another owner or reason`,
      proposal: ['Keep one of the two.'],
    }
  return {
    code: same ? 'duplicate' : 'covered',
    severity: 'warning',
    rule: mine.rule.id,
    message: same
      ? `${mine.text} is ignored by ${other.rule.id} already`
      : `${mine.text} is ignored already: ${other.rule.id} ignores ${other.text}${scopeText(mine.rule, other.rule)}`,
    proposal: [same ? 'Remove one of the two.' : `Remove it, or make ${other.rule.id} narrower.`],
  }
}

function scopeText(mine: IgnoreRule, other: IgnoreRule): string {
  return keyOf(mine, '') === keyOf(other, '') ? '' : ' of more objects'
}

/** Of every place that an earlier, or a wider, rule ignores already: the first such rule. */
export function overlaps(rules: readonly IgnoreRule[]): readonly Finding[] {
  const index = new Map<string, Place[]>()
  for (const rule of rules) {
    for (const { text } of placesOf(rule)) {
      const key = keyOf(rule, text)
      const there = index.get(key)
      if (there === undefined) index.set(key, [{ rule, text }])
      // The first two are enough to find one that is another rule.
      else if (there.length < 2) there.push({ rule, text })
    }
  }
  const order = new Map(rules.map((rule, at) => [rule, at]))
  return rules.flatMap((rule) => {
    const scopes = isGlob(rule.name) || isGlob(rule.namespace) ? [rule] : wider(rule)
    return placesOf(rule).flatMap(({ text, covers }) => {
      const own = keyOf(rule, text)
      for (const scope of scopes) {
        for (const covering of covers) {
          const key = keyOf(scope, covering)
          const other = index.get(key)?.find((place) => place.rule !== rule)
          if (other === undefined) continue
          // Of two that say the same the later one is told.
          if (key === own && (order.get(other.rule) ?? 0) > (order.get(rule) ?? 0)) continue
          return [told({ rule, text }, other)]
        }
      }
      return []
    })
  })
}
