// Which lane a request for one object takes.
import type { ObjectRef } from '../../core/kube/index.ts'
import type { HttpRequest, Lane } from './http.ts'

const LANES: Readonly<Record<string, Lane>> = { 'coordination.k8s.io/Lease': 'lease', '/Event': 'report' }

/** Applications are told of by merge patches, and healed (an application may declare others) by apply. */
export function laneOf(
  { group, kind }: Pick<ObjectRef, 'group' | 'kind'>,
  { contentType }: Pick<HttpRequest, 'contentType'> = {},
): Lane {
  const tells = group === 'argoproj.io' && kind === 'Application' && contentType === 'application/merge-patch+json'
  return tells ? 'report' : (LANES[`${group}/${kind}`] ?? 'quick')
}
