// A rule that is written on the command line.
import { parseRuleFile, type RuleDocument } from '../../core/definition/index.ts'

export interface InlineRule {
  readonly kind?: string
  readonly name?: string
  readonly objectNamespace?: string
  readonly pointer: readonly string[]
  readonly jq: readonly string[]
  readonly manager: readonly string[]
}

/** null = none is written there. */
export function inlineRule(options: InlineRule): RuleDocument | null {
  const { kind, name, objectNamespace, pointer, jq, manager } = options
  if (kind === undefined && pointer.length + jq.length + manager.length === 0) return null
  const at = (kind ?? '').indexOf('/')
  const rule = {
    group: (kind ?? '').slice(0, Math.max(0, at)),
    kind: (kind ?? '').slice(at + 1),
    ...(name === undefined ? {} : { name }),
    ...(objectNamespace === undefined ? {} : { namespace: objectNamespace }),
    jsonPointers: [...pointer],
    jqPathExpressions: [...jq],
    managedFieldsManagers: [...manager],
  }
  return parseRuleFile([rule], 'the command line')
}
