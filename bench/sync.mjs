// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { step } from '../tools/progress.mjs'
import { raiseFleet } from './fleet.mjs'
import { round } from './rows.mjs'

const SETTLE_MS = 20_000
const MB = 2 ** 20

/** @param {import('./start.mjs').Options} options @returns {Promise<import('./rows.mjs').Row[]>} */
export async function measure(options) {
  const fleet = await raiseFleet(options)
  try {
    const { holdfast } = fleet
    const base = holdfast.rss()
    const ms = await step(`first sync of ${options.apps} applications`, () => fleet.deliver())
    const then = holdfast.rss()
    await sleep(SETTLE_MS)
    const settled = holdfast.rss()
    const requests = requestCounts(await fleet.metrics())
    return [
      {
        what: `first sync of ${options.apps} applications × 20 resources`,
        value: `${round(ms / 1000)} s`,
        budget: '< 20 s',
        kept: ms < 20_000,
        detail: { ms, requests },
      },
      {
        what: 'requests to the API server',
        value: Object.entries(requests)
          .map(([verb, count]) => `${count} ${verb}`)
          .join(', '),
      },
      { what: 'RSS before', value: `${round(base / MB, 0)} MB`, detail: { base } },
      { what: 'RSS when all are Synced', value: `${round(then / MB, 0)} MB`, detail: { then } },
      {
        what: `RSS ${SETTLE_MS / 1000} s later`,
        value: `${round(settled / MB, 0)} MB (peak ${round(holdfast.peakRss() / MB, 0)} MB)`,
        budget: '< 180 MB',
        kept: settled < 180 * MB,
        detail: { settled, peak: holdfast.peakRss() },
      },
    ]
  } finally {
    await fleet.stop()
  }
}

/** From Holdfast's own metrics, by verb. @param {string} page @returns {Record<string, number>} */
export function requestCounts(page) {
  /** @type {Record<string, number>} */ const counts = {}
  for (const [, labels, count] of page.matchAll(/^holdfast_api_requests_total\{([^}]*)\} (\d+)/gm)) {
    const verb = labels?.match(/verb="([^"]*)"/)?.[1] ?? ''
    counts[verb] = (counts[verb] ?? 0) + Number(count)
  }
  return counts
}
