// @ts-check
import { loadavg } from 'node:os'

/**
 * One line of a result. `kept` says whether the budget was; undefined where there is none.
 * @typedef {{ bench?: string, what: string, value: string, budget?: string, kept?: boolean, detail?: object }} Row
 */

/** @param {readonly Row[]} rows */
export function printRows(rows) {
  const cells = rows.map(({ what, value, budget = '', kept }) => [
    what,
    value,
    budget,
    kept === undefined ? '' : kept ? 'kept' : 'MISSED',
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  process.stdout.write(`\n${rows[0]?.bench ?? ''}  (load average ${loadavg()[0]?.toFixed(1)})\n`)
  for (const row of cells)
    process.stdout.write(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
}

/** @param {readonly number[]} values @param {number} share 0.5 for the median */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** p50, p99 and how many. @param {readonly number[]} values */
export function spread(values) {
  return {
    p50: quantile(values, 0.5),
    p90: quantile(values, 0.9),
    p99: quantile(values, 0.99),
    max: Math.max(...values),
    n: values.length,
  }
}

/** @param {number} value @param {number} [digits] */
export function round(value, digits = 1) {
  return value.toFixed(digits)
}

const RUNS = 21
const PER_RUN_MS = 60

/** µs of processor time per call, so that other work on the machine counts less; the median of several runs. @param {() => unknown} call */
export function perCall(call) {
  for (let index = 0; index < 2_000; index++) call()
  const times = Array.from({ length: RUNS }, () => {
    let calls = 0
    const start = performance.now()
    const used = process.cpuUsage()
    while (performance.now() - start < PER_RUN_MS) for (let index = 0; index < 50; index++, calls++) call()
    const { user, system } = process.cpuUsage(used)
    return (user + system) / calls
  })
  return quantile(times, 0.5)
}
