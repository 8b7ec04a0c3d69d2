// Ignore rules that stand in a ConfigMap: beside the Applications they hold for all of them, among the objects of a source
// for the application that declares them. Every tool delivers a ConfigMap; none has to know what it says.
import type { KubeObject } from '../kube/index.ts'
import type { Problem, ProblemSubject } from '../problem/index.ts'
import { readEmbedded } from './embedded-yaml.ts'
import { type Field, isSet, mapOf, member, type Reading, refuseOthers, stringsOf } from './field.ts'
import { readIgnoreRules } from './ignore-rule.ts'
import type { IgnoreRule, RuleOrigin } from './types.ts'

export const IGNORE_RULES_LABEL = 'holdfast.dev/ignore-rules'

export interface RuleDocument {
  readonly rules: readonly IgnoreRule[]
  /** Shipped rules that do not hold where these rules do. */
  readonly switchedOff: readonly string[]
  readonly problems: readonly Problem[]
}

export const NO_RULES: RuleDocument = { rules: [], switchedOff: [], problems: [] }

/** A ConfigMap that holds rules. */
export function holdsIgnoreRules(object: KubeObject): boolean {
  const { labels } = object.metadata
  return (
    object.kind === 'ConfigMap' &&
    object.apiVersion === 'v1' &&
    labels !== undefined &&
    Object.hasOwn(labels, IGNORE_RULES_LABEL) &&
    labels[IGNORE_RULES_LABEL] === 'true'
  )
}

function readText(field: Field, origin: RuleOrigin): Omit<RuleDocument, 'problems'> {
  return readEmbedded(field, 'HF2008', (document) => {
    if (!isSet(document)) return { rules: [], switchedOff: [] }
    mapOf(document)
    refuseOthers(document, { supported: ['rules', 'switchOff'] })
    return {
      rules: readIgnoreRules(member(document, 'rules'), { origin, annotated: true }),
      switchedOff: stringsOf(member(document, 'switchOff')),
    }
  })
}

/** The rules of one ConfigMap: each of its values is a document with `rules` and `switchOff`. Never throws. */
export function parseIgnoreRules(
  configMap: KubeObject,
  { origin, subject = {} }: { origin: RuleOrigin; subject?: ProblemSubject },
): RuleDocument {
  const { namespace = '', name = '' } = configMap.metadata
  const place = `ConfigMap ${namespace === '' ? '' : `${namespace}/`}${name}`
  const reading: Reading = { problems: [], subject: { object: place, ...subject } }
  const data = member({ reading, path: '', value: configMap }, 'data')
  const texts = Object.keys(mapOf(data)).map((key) =>
    readText({ ...member(data, key), path: `${place} ${key}` }, origin),
  )
  return {
    rules: texts.flatMap(({ rules }) => rules),
    switchedOff: texts.flatMap(({ switchedOff }) => switchedOff),
    problems: reading.problems,
  }
}
