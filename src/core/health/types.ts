/** Argo CD's health codes, best to worst. */
export type HealthStatus = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown'
export interface Health {
  readonly status: HealthStatus
  readonly message: string
}
