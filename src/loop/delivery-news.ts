// Which failures to deliver are news: each is told once, again after an hour, and their end once.
import { CATALOGUE, type DeliveryReason, deliveryReasonOf, type Problem } from '../core/problem/index.ts'
import { conditionsOf } from '../core/record/index.ts'
import { shortRevision } from './revisions.ts'
import type { AppState } from './state.ts'

/** Events are kept for an hour by default: what lasts is told again when nothing is left of its telling. */
const AGAIN_AFTER_MS = 60 * 60_000
/** Objects that fail alike are told by the first few. */
const AT_ONCE = 5

export interface DeliveryNewsItem {
  readonly reason: DeliveryReason | 'DeliveryRecovered'
  readonly type: 'Normal' | 'Warning'
  readonly message: string
}

/** The same failure of the same thing at the same revision, in whatever words. */
function keyOf(reason: DeliveryReason, { code, subject }: Problem, revision: string): string {
  const { object = '', repository = '', file = '' } = subject
  return [reason, code, object, repository, file, revision].join('\0')
}

function failureIn(problem: Problem): { problem: Problem; reason: DeliveryReason }[] {
  const reason = deliveryReasonOf(problem)
  return reason === null || CATALOGUE[problem.code].disposition === 'report' ? [] : [{ problem, reason }]
}

export class DeliveryNews {
  /** When each was told, by application. */
  readonly #told = new Map<string, ReadonlyMap<string, number>>()

  /** What there is to tell of an application whose problems are these, at `now` (ms). */
  of(
    app: Pick<AppState, 'key' | 'attempted' | 'revision'>,
    problems: readonly Problem[],
    now: number,
  ): DeliveryNewsItem[] {
    const before = this.#told.get(app.key) ?? new Map<string, number>()
    const after = new Map<string, number>()
    const news: DeliveryNewsItem[] = []
    for (const { problem, reason } of problems.flatMap(failureIn)) {
      const key = keyOf(reason, problem, app.attempted)
      const at = before.get(key)
      const isNew = at === undefined || now - at >= AGAIN_AFTER_MS
      after.set(key, isNew ? now : at)
      if (isNew && news.length < AT_ONCE)
        news.push({ reason, type: 'Warning', message: conditionsOf([problem])[0]?.message ?? problem.message })
    }
    if (after.size > 0) this.#told.set(app.key, after)
    else if (this.#told.delete(app.key)) news.push(recovered(app.revision))
    return news
  }

  forget(app: string): void {
    this.#told.delete(app)
  }
}

function recovered(revision: string): DeliveryNewsItem {
  const message =
    revision === ''
      ? 'nothing keeps it from being delivered any more'
      : `revision ${shortRevision(revision)} is in force`
  return { reason: 'DeliveryRecovered', type: 'Normal', message }
}
