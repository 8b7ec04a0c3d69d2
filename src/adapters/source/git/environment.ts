import type { Environment } from '../environment.ts'

const PASSED_TO_GIT = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'XDG_CONFIG_HOME',
  'SSH_AUTH_SOCK',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'GIT_EXEC_PATH',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSH_VARIANT',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
]

/** Settings that hold for every command; they come after the user's, so they win. */
const FORCED: readonly (readonly [string, string])[] = [
  ['protocol.ext.allow', 'never'],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['http.followRedirects', 'false'],
  ['protocol.version', '2'],
]

function configEnvironment(env: Environment, extra: readonly (readonly [string, string])[]): Record<string, string> {
  const stated = Number.parseInt(env['GIT_CONFIG_COUNT'] ?? '0', 10)
  const given = Array.from({ length: Number.isNaN(stated) ? 0 : Math.min(stated, 1000) }, (_, index) => [
    env[`GIT_CONFIG_KEY_${index}`] ?? '',
    env[`GIT_CONFIG_VALUE_${index}`] ?? '',
  ]).filter(([key]) => key !== '')
  const all = [...given, ...extra, ...FORCED]
  const result: Record<string, string> = { GIT_CONFIG_COUNT: String(all.length) }
  all.forEach(([key, value], index) => {
    result[`GIT_CONFIG_KEY_${index}`] = key ?? ''
    result[`GIT_CONFIG_VALUE_${index}`] = value ?? ''
  })
  return result
}

/**
 * The environment of git: the user's own settings (`insteadOf`, certificates, ssh) hold, variables that would point git at
 * another repository do not, and nothing ever asks a person. `config` goes by the environment because arguments can be
 * read by every user of the machine.
 */
export function gitEnvironment(
  env: Environment,
  config: readonly (readonly [string, string])[] = [],
): Record<string, string> {
  const passed = Object.fromEntries(
    PASSED_TO_GIT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name] as string]])),
  )
  return {
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    ...passed,
    ...configEnvironment(env, config),
    GIT_CONFIG_NOSYSTEM: env['GIT_CONFIG_NOSYSTEM'] ?? '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GIT_ALLOW_PROTOCOL: 'file:http:https:ssh:git',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  }
}
