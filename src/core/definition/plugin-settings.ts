import { isMap, type KubeObject } from '../kube/index.ts'
import { type Problem, problem } from '../problem/index.ts'
import { readYaml } from '../yaml/index.ts'
import { parseGoDuration } from './duration.ts'
import {
  booleanOf,
  complain,
  type Field,
  isSet,
  mapOf,
  member,
  type Reading,
  refuseOthers,
  stringMapOf,
  stringOf,
  stringsOf,
} from './field.ts'
import type { PluginDefinition } from './source-settings-types.ts'

const OBJECT = 'ConfigMap holdfast-plugins'
const FIELDS = ['command', 'args', 'init', 'discover', 'network', 'passEnv', 'timeout']
/** Argo CD's time for a plugin. */
const DEFAULT_TIMEOUT_MS = 90_000
const MAX_TIMEOUT_MS = 3_600_000

function readTimeout(field: Field): number {
  if (!isSet(field)) return DEFAULT_TIMEOUT_MS
  const value = parseGoDuration(stringOf(field))
  if (value !== null && value >= 1 && value <= MAX_TIMEOUT_MS) return Math.round(value)
  complain(field, 'HF2008', `${field.path} must be a duration such as 90s, of one hour at most`)
  return DEFAULT_TIMEOUT_MS
}

function readVariables(field: Field): readonly string[] {
  const names = stringsOf(field)
  const wrong = names.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
  if (wrong !== undefined) complain(field, 'HF2008', `${field.path} must list names of environment variables`)
  return names
}

/** Single letters to insert, take out or replace until one is the other. */
function distance(a: string, b: string): number {
  let row = [...b, ''].map((_, index) => index)
  for (const [line, char] of [...a].entries()) {
    const next = [line + 1]
    for (let at = 1; at <= b.length; at++) {
      const [left = 0, above = 0, before = 0] = [next[at - 1], row[at], row[at - 1]]
      next.push(Math.min(left + 1, above + 1, before + Number(char !== b[at - 1])))
    }
    row = next
  }
  return row[b.length] ?? 0
}

const CLOSE = 2

/** Whether a field that nobody knows may have been meant to be `discover`: it is so unless it is clearly another one. */
function mayBeDiscover(name: string): boolean {
  const near = FIELDS.filter((field) => distance(name.toLowerCase(), field.toLowerCase()) <= CLOSE)
  return near.length === 0 || near.includes('discover')
}

/** null = nobody can tell which sources the plugin was meant for. */
function readDiscover(field: Field): readonly string[] | null {
  if (!isMap(field.value)) return null
  const before = field.reading.problems.length
  const globs = stringsOf(member(field, 'discover'))
  if (field.reading.problems.length > before) return null
  if (isSet(member(field, 'discover'))) return globs
  const others = Object.keys(field.value).filter((name) => !FIELDS.includes(name))
  return others.some(mayBeDiscover) ? null : globs
}

function readPlugin(name: string, field: Field): Omit<PluginDefinition, 'problem'> {
  mapOf(field)
  refuseOthers(field, { supported: FIELDS })
  const list = (key: string) => stringsOf(member(field, key))
  const command = list('command')
  if ((command[0] ?? '') === '') complain(field, 'HF2008', `${field.path}.command is missing`)
  return {
    name,
    command,
    args: list('args'),
    init: list('init'),
    discover: readDiscover(field),
    network: booleanOf(member(field, 'network')) ?? false,
    passEnv: readVariables(member(field, 'passEnv')),
    timeoutMs: readTimeout(member(field, 'timeout')),
  }
}

/** What the sources that use the plugin are told. */
function unusable(name: string, { message, subject }: Problem): Problem {
  const told = `${OBJECT}: the plugin ${name} cannot be used: ${message}`
  return problem(
    'HF2008',
    told,
    { path: name, ...subject, object: OBJECT },
    `Correct the key ${name} in the ${OBJECT}.`,
  )
}

/**
 * Reads the ConfigMap `holdfast-plugins`: name → YAML. A plugin that cannot be read is there with its problem: without
 * it, sources that it was meant for would be taken for something else.
 */
export function readPlugins(configMap: KubeObject | null, problems: Reading['problems']): readonly PluginDefinition[] {
  const outer: Reading = { problems, subject: { object: OBJECT } }
  const data = stringMapOf(member({ reading: outer, path: '', value: configMap ?? {} }, 'data'))
  return Object.keys(data)
    .sort()
    .map((name) => {
      const { documents, problems: unread } = readYaml(data[name] ?? '', { file: `${OBJECT} ${name}` })
      const reading: Reading = { problems: [...unread], subject: { ...outer.subject, path: name } }
      const plugin = readPlugin(name, { reading, path: name, value: documents[0]?.value ?? undefined })
      if (documents.length > 1)
        complain({ reading, path: name, value: null }, 'HF2008', `${name} has several documents`)
      const found = reading.problems.slice(0, unread.length > 0 ? unread.length : undefined)
      problems.push(...found)
      return { ...plugin, problem: found[0] === undefined ? null : unusable(name, found[0]) }
    })
}
