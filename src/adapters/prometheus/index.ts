// Metrics as a page that Prometheus reads.
export { prometheusMetrics, type PrometheusMetrics, type PrometheusOptions } from './metrics.ts'
