// Options that several commands share.
import { InvalidArgumentError, Option, type Command } from 'commander'
import { HoldfastError, problem } from '../../core/problem/index.ts'

export interface ConnectOptions {
  readonly kubeconfig?: string
  readonly context?: string
}

export const NAMESPACE = 'argocd'

export function addConnection(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'default: $KUBECONFIG, the pod’s service account, ~/.kube/config')
    .option('--context <name>', 'context of the kubeconfig')
}

export function outputOption(formats: readonly string[], preset?: string): Option {
  const option = new Option('-o, --output <format>', 'how to print').choices([...formats])
  return preset === undefined ? option : option.default(preset)
}

/** Comma separated or repeated. */
export function globs(value: string, before: readonly string[]): string[] {
  return [...before, ...value.split(',').filter((glob) => glob !== '')]
}

export function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

export function seconds(value: string): number {
  const parsed = Number(value)
  if (value.trim() === '' || !Number.isFinite(parsed) || parsed <= 0)
    throw new InvalidArgumentError('expected a number of seconds above 0')
  return parsed
}

/** `host:port`; port 0 = any free one. */
export function address(value: string): string {
  const match = /^([^:\s]*|\[[^\]\s]*\]):(\d{1,5})$/.exec(value)
  if (match === null || Number(match[2]) > 65_535) throw new InvalidArgumentError('expected HOST:PORT')
  return value
}

export function usage(message: string, action = 'See --help.'): HoldfastError {
  return new HoldfastError(problem('HF7002', message, {}, action))
}

/** `-n` and a name that may carry its namespace: `web`, `team/web`. */
export function appName(name: string, namespace: string | undefined): { name: string; namespace: string } {
  const slash = name.indexOf('/')
  if (slash < 0) return { name, namespace: namespace ?? NAMESPACE }
  const own = name.slice(0, slash)
  if (namespace !== undefined && namespace !== own)
    throw usage(`the Application is in namespace ${own} by its name and in ${namespace} by -n`)
  return { namespace: own, name: name.slice(slash + 1) }
}

/** What is no path may be a mistyped one: whoever fails to find an Application of that name says both. */
export async function orPath<T>(subject: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof HoldfastError) || !/^HF7003$|^HF40(01|10|11)$/.test(error.problem.code)) throw error
    const { code, message, action } = error.problem
    const both =
      code === 'HF7003'
        ? `${message}, and no file or directory ${subject} here`
        : `there is no file or directory ${subject} here, and no Application could be asked for: ${message}`
    const next = `Correct the path; or, if an Application is meant: ${action.charAt(0).toLowerCase()}${action.slice(1)}`
    throw new HoldfastError({ ...error.problem, message: both, action: next }, { cause: error })
  }
}
