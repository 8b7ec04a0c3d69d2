// Ignore rules that stand in a ConfigMap: beside the Applications they hold for all of them, among the objects of a source
// for the application that declares them. Every tool delivers a ConfigMap; none has to know what it says.
import { isMap, type KubeObject } from '../kube/index.ts'
import { type Problem, problem, type ProblemSubject } from '../problem/index.ts'
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

/** A field of any of the documents that hold rules. */
function rulesField(root: Field): Field {
  if (Array.isArray(root.value)) return root
  for (const name of ['rules', 'ignoreDifferences']) if (isSet(member(root, name))) return member(root, name)
  return member(member(root, 'spec'), 'ignoreDifferences')
}

/**
 * Rules of a file: a list of them, a map with `rules` or `ignoreDifferences`, an Application, a ConfigMap that holds rules.
 * Never throws.
 */
export function parseRuleFile(value: unknown, file: string): RuleDocument {
  if (isMap(value) && value.kind === 'ConfigMap' && isMap(value.metadata))
    return parseIgnoreRules(value as unknown as KubeObject, { origin: 'platform', subject: { file } })
  const reading: Reading = { problems: [], subject: { file } }
  const field = rulesField({ reading, path: '', value })
  const rules = readIgnoreRules(field.path === '' ? { ...field, path: 'rules' } : field, {
    origin: 'platform',
    annotated: true,
  })
  if (rules.length === 0) reading.problems.push(problem('HF2008', `${file} holds no ignore rule`, { file }))
  return { rules, switchedOff: [], problems: reading.problems }
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
