// What a controller tells of the rules in force, without trying them.
import { type IgnoreRule, type RuleBook, writtenPlaces } from '../definition/index.ts'
import type { ObjectRef } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'

export function isOverdue({ review }: Pick<IgnoreRule, 'review'>, today: string): boolean {
  return review !== '' && review < today
}

/** Of rules that are written for this application, for its objects. */
export function ruleProblems(
  book: RuleBook,
  { app, refs, today }: { app: string; refs: readonly ObjectRef[]; today: string },
): readonly Problem[] {
  const own = book.all.filter(({ origin }) => origin === 'application' || origin === 'repository')
  const spoken = new Set(own.length === 0 ? [] : refs.flatMap((ref) => book.of(ref)))
  return [
    ...own
      .filter((rule) => !spoken.has(rule))
      .map((rule) => problem('HF2009', `${rule.id} speaks of no object of ${app}.`, { app, path: rule.id })),
    ...own
      .filter((rule) => rule.problem === null && writtenPlaces(rule).length === 0)
      .map((rule) => problem('HF2009', `${rule.id} names no path: it ignores nothing.`, { app, path: rule.id })),
    ...own
      .filter((rule) => isOverdue(rule, today))
      .map((rule) =>
        problem('HF2011', `${rule.id} was to be reviewed on ${rule.review}${ownerText(rule)}.`, { app, path: rule.id }),
      ),
  ]
}

function ownerText({ owner }: IgnoreRule): string {
  return owner === '' ? '' : ` by ${owner}`
}
