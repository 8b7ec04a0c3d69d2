// When is a rewrite a fight, and for how long is the path left alone?

const REACTION_MS = 5_000
const REACTIONS = 3
const WINDOW_MS = 10 * 60_000
const REWRITES = 100
const FIRST_BACKOFF_MS = 1_000
const LONGEST_BACKOFF_MS = 5 * 60_000
const QUIET_MS = 10 * 60_000

/** Interactive tools: a person may repeat an edit; only the count over ten minutes makes that a fight. */
const INTERACTIVE = /^kubectl-(edit|patch|set|label|annotate|replace|create|rollout|scale|client-side-apply)$/

export interface FightState {
  /** Epoch ms of our last write of this path that was not answered yet; null = answered or none. */
  readonly healedAt: number | null
  readonly reactions: number
  readonly opponent: string
  /** Digest of what the opponent wrote last. */
  readonly wrote: string
  /** Rewrites in the current window, and when it began. */
  readonly rewrites: number
  readonly windowStart: number
  /** 0 = no fight so far. */
  readonly backoffMs: number
  readonly until: number
  readonly lastRewrite: number
}

export const CALM: FightState = {
  healedAt: null,
  reactions: 0,
  opponent: '',
  wrote: '',
  rewrites: 0,
  windowStart: 0,
  backoffMs: 0,
  until: 0,
  lastRewrite: 0,
}

export interface Rewrite {
  readonly opponent: string
  readonly wrote: string
}

/** We wrote the path. */
export function noteHeal(state: FightState, now: number): FightState {
  return { ...state, healedAt: now }
}

/**
 * The path differs again after our write. A reaction is the same opponent writing the same value within 5 s of our write;
 * three running, or more than 100 rewrites of the path in ten minutes by whomever, are a fight: the path is left alone for
 * 1 s, doubling to 5 min, until it was quiet for ten minutes.
 */
export function noteRewrite(state: FightState, rewrite: Rewrite, now: number): FightState {
  if (state.healedAt === null) return state
  const base = now - state.lastRewrite > QUIET_MS ? CALM : state
  const newWindow = now - base.windowStart > WINDOW_MS
  const rewrites = newWindow ? 1 : base.rewrites + 1
  const same = base.opponent === rewrite.opponent && base.wrote === rewrite.wrote
  const reaction = now - state.healedAt <= REACTION_MS && !INTERACTIVE.test(rewrite.opponent)
  const reactions = reactionsAfter(base, { reaction, same })
  const goesOn = base.backoffMs > 0 && same && reaction
  const fight = goesOn || reactions >= REACTIONS || rewrites > REWRITES
  const backoff = fight ? backOff(base, now) : { backoffMs: base.backoffMs, until: base.until }
  return {
    healedAt: null,
    reactions,
    opponent: rewrite.opponent,
    wrote: rewrite.wrote,
    rewrites,
    windowStart: newWindow ? now : base.windowStart,
    ...backoff,
    lastRewrite: now,
  }
}

function reactionsAfter(base: FightState, rewrite: { readonly reaction: boolean; readonly same: boolean }): number {
  if (!rewrite.reaction) return 0
  return rewrite.same ? base.reactions + 1 : 1
}

function backOff({ backoffMs }: FightState, now: number): Pick<FightState, 'backoffMs' | 'until'> {
  const next = Math.min(Math.max(backoffMs * 2, FIRST_BACKOFF_MS), LONGEST_BACKOFF_MS)
  return { backoffMs: next, until: now + next }
}

/** What is to be left alone now, by path text. */
export function fightsNow(states: ReadonlyMap<string, FightState>, now: number): ReadonlyMap<string, FightState> {
  return new Map([...states].filter(([, state]) => fights(state, now)))
}

/** Is the path to be left alone now? */
export function fights(state: FightState | undefined, now: number): boolean {
  return state !== undefined && now < state.until
}

/** Nothing about this path has to be remembered any more. */
export function isForgotten(state: FightState, now: number): boolean {
  return now - Math.max(state.healedAt ?? 0, state.lastRewrite, state.until) > QUIET_MS
}
