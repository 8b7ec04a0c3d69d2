import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from 'prom-client'

const RESOLUTION_MS = 10
const QUANTILES = [0.5, 0.99, 1]

/** Node records the distance between two ticks of its own timer, so what was planned has to be taken off. */
function delaySeconds(histogram: IntervalHistogram, quantile: number): number {
  if (histogram.count === 0) return 0
  const nanoseconds = quantile === 1 ? histogram.max : histogram.percentile(quantile * 100)
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3)
}

/** Series about the process itself. Returns what ends the measuring. */
export function machineSeries(registry: Registry): () => void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  const common = { registers: [registry] }
  new Gauge({
    ...common,
    name: 'holdfast_event_loop_delay_seconds',
    help: 'Delay of the event loop since the previous scrape.',
    labelNames: ['quantile'] as const,
    collect() {
      for (const quantile of QUANTILES) this.set({ quantile: String(quantile) }, delaySeconds(histogram, quantile))
      histogram.reset()
    },
  })
  new Gauge({
    ...common,
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Gauge({
    ...common,
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    collect() {
      const { user, system } = process.cpuUsage()
      this.set((user + system) / 1e6)
    },
  })
  new Gauge({
    ...common,
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
  }).set(Math.round(performance.timeOrigin) / 1e3)
  return () => histogram.disable()
}
