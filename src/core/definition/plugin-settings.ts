import type { KubeObject } from '../kube/index.ts'
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

function readPlugin(name: string, field: Field): PluginDefinition {
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
    discover: list('discover'),
    network: booleanOf(member(field, 'network')) ?? false,
    passEnv: readVariables(member(field, 'passEnv')),
    timeoutMs: readTimeout(member(field, 'timeout')),
  }
}

/** Reads the ConfigMap `holdfast-plugins`: name → YAML. A plugin that cannot be read is left out, with its problems. */
export function readPlugins(configMap: KubeObject | null, problems: Reading['problems']): readonly PluginDefinition[] {
  const outer: Reading = { problems, subject: { object: OBJECT } }
  const data = stringMapOf(member({ reading: outer, path: '', value: configMap ?? {} }, 'data'))
  return Object.keys(data)
    .sort()
    .flatMap((name) => {
      const { documents, problems: unread } = readYaml(data[name] ?? '', { file: `${OBJECT} ${name}` })
      const reading: Reading = { problems: [...unread], subject: outer.subject }
      const plugin = readPlugin(name, { reading, path: name, value: documents[0]?.value ?? {} })
      if (documents.length > 1)
        complain({ reading, path: name, value: null }, 'HF2008', `${name} has several documents`)
      const found = reading.problems.slice(0, unread.length > 0 ? unread.length : undefined)
      problems.push(...found)
      return found.length === 0 ? [plugin] : []
    })
}
