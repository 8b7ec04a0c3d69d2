// `resource.compareoptions` of argocd-cm.
import { readEmbedded } from './embedded-yaml.ts'
import { booleanOf, complain, type Field, isSet, mapOf, member, refuseOthers } from './field.ts'
import { parseJqPath } from './jq-path.ts'
import type { IgnoreRule, Settings } from './types.ts'

export interface CompareOptions {
  readonly ignoreStatus: Settings['ignoreStatus']
  readonly rules: readonly IgnoreRule[]
}

const DEFAULTS: CompareOptions = { ignoreStatus: 'all', rules: [] }

/** Argo CD's own words; `off` and `false` are older names of `none`. */
const STATUS: Readonly<Record<string, Settings['ignoreStatus']>> = {
  all: 'all',
  crd: 'crd',
  none: 'none',
  off: 'none',
  false: 'none',
}

function readStatus(field: Field): Settings['ignoreStatus'] {
  if (!isSet(field) || field.value === '') return DEFAULTS.ignoreStatus
  const text = String(field.value)
  const known = Object.hasOwn(STATUS, text) ? STATUS[text] : undefined
  if (known === undefined) complain(field, 'HF2008', `${field.path} must be all, crd or none; all is used`)
  return known ?? DEFAULTS.ignoreStatus
}

/** What a controller fills in from other roles, where a role says that it is to be. */
function aggregatedRoles(id: string): readonly IgnoreRule[] {
  const parsed = parseJqPath('select(.aggregationRule != null) | .rules')
  if ('error' in parsed) return []
  return [
    {
      id,
      origin: 'argocd-cm',
      group: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: '',
      namespace: '',
      jsonPointers: [],
      jqPaths: [parsed.path],
      managers: [],
      problem: null,
      owner: 'clusterrole-aggregation-controller',
      reason: 'rules are aggregated from other roles',
      review: '',
    },
  ]
}

export function readCompareOptions(field: Field): CompareOptions {
  if (!isSet(field)) return DEFAULTS
  return readEmbedded(field, 'HF2008', (options) => {
    mapOf(options)
    const supported = ['ignoreAggregatedRoles', 'ignoreResourceStatusField', 'ignoreDifferencesOnResourceUpdates']
    refuseOthers(options, { supported })
    // When Holdfast looks at an object is no setting: a look costs less than to decide whether it is worth one.
    booleanOf(member(options, 'ignoreDifferencesOnResourceUpdates'))
    const aggregated = booleanOf(member(options, 'ignoreAggregatedRoles')) === true
    return {
      ignoreStatus: readStatus(member(options, 'ignoreResourceStatusField')),
      rules: aggregated ? aggregatedRoles(`${field.path}.ignoreAggregatedRoles`) : [],
    }
  })
}
