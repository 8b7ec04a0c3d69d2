import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { CALM, type FightState, fights, noteHeal, noteRewrite } from '../../../src/core/decide/index.ts'

type Event = readonly [at: number, who: string, wrote?: string]
interface Script {
  readonly title: string
  readonly events: readonly Event[]
  readonly fights: readonly (readonly [at: number, fights: boolean])[]
}
interface Burst {
  readonly title: string
  readonly count: number
  readonly every: number
  readonly opponent: string
  readonly values: 'unique' | 'same'
  readonly fights: boolean
  readonly atMostSeconds?: number
  readonly delay?: number
}

const file = new URL('../../cases/fight/scripts.yaml', import.meta.url)
const { scripts, bursts } = load(readFileSync(file, 'utf8')) as { scripts: Script[]; bursts: Burst[] }
const START = Date.parse('2026-01-01T00:00:00Z')
const at = (seconds: number): number => START + Math.round(seconds * 1000)

function play(state: FightState, [seconds, who, wrote = '']: Event): FightState {
  if (who === 'heal') return noteHeal(state, at(seconds))
  return noteRewrite(state, { opponent: who, wrote }, at(seconds))
}

describe('fights', () => {
  it.each(scripts)('$title', (script) => {
    for (const [moment, expected] of script.fights) {
      const state = script.events.filter(([seconds]) => seconds <= moment).reduce(play, CALM)
      expect(fights(state, at(moment)), `at ${moment} s`).toBe(expected)
    }
  })

  it.each(bursts)('$title', (burst) => {
    let state = CALM
    let last = 0
    for (let index = 0; index < burst.count; index++) {
      const heal = index * burst.every
      last = heal + (burst.delay ?? 1)
      state = play(play(state, [heal, 'heal']), [last, burst.opponent, burst.values === 'same' ? 'a' : String(index)])
    }
    expect(fights(state, at(last))).toBe(burst.fights)
    if (burst.atMostSeconds !== undefined)
      expect(state.until - at(last)).toBeLessThanOrEqual(burst.atMostSeconds * 1000)
  })

  it('is about one path: a state that was never written is calm', () => {
    expect(fights(undefined, START)).toBe(false)
    expect(play(CALM, [1, 'ctl', 'a'])).toEqual(CALM)
  })
})
