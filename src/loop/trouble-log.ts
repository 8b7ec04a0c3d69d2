// What the controller's log says of an application's trouble: a line when it begins and one when it is over.
import { CATALOGUE, type Problem } from '../core/problem/index.ts'
import { conditionsOf } from '../core/record/index.ts'
import type { Log } from '../ports/log.ts'
import type { AppState } from './state.ts'

type App = Pick<AppState, 'key'>

/** The same trouble of the same thing, in whatever words. */
function keyOf({ code, subject }: Problem): string {
  const { object = '', repository = '', file = '', path = '' } = subject
  return [code, object, repository, file, path].join('\0')
}

/** An application whose every object is refused is told by the first few. */
const AT_ONCE = 5

export class TroubleLog {
  /** What lasts. */
  readonly #told = new WeakMap<App, ReadonlyMap<string, Problem>>()

  /** To be called with all that is wrong with the application now. */
  note(app: App, problems: readonly Problem[], log: Pick<Log, 'info' | 'warn'>): void {
    const before = this.#told.get(app) ?? new Map<string, Problem>()
    const now = new Map(
      problems.filter(({ code }) => CATALOGUE[code].disposition !== 'report').map((one) => [keyOf(one), one]),
    )
    this.#told.set(app, now)
    const begun = [...now].filter(([key]) => !before.has(key)).map(([, one]) => one)
    for (const one of begun.slice(0, AT_ONCE))
      log.warn({ app: app.key, code: one.code, error: conditionsOf([one])[0]?.message ?? one.message }, 'trouble')
    if (begun.length > AT_ONCE) log.warn({ app: app.key, more: begun.length - AT_ONCE }, 'more trouble')
    const ended = [...before].filter(([key]) => !now.has(key)).map(([, one]) => one)
    const codes = [...new Set(ended.map(({ code }) => code))]
    if (ended.length > 0) log.info({ app: app.key, codes, count: ended.length }, 'trouble is over')
  }
}
