// What an argument names: an application or a path.
import { HoldfastError, problem } from '../../core/problem/index.ts'

export type Target =
  | { readonly kind: 'app'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'path'; readonly path: string }

export interface TargetServices {
  pathExists(path: string): Promise<boolean>
}

export interface TargetArguments {
  readonly argument: string | undefined
  readonly desired?: string | undefined
  /** For applications that name none. */
  readonly appNamespace: string
}

const usage = (message: string): HoldfastError => new HoldfastError(problem('HF7002', message))

function appOf(argument: string, appNamespace: string): Target {
  const match = /^(?:([a-z0-9][a-z0-9.-]*)\/)?([a-z0-9][a-z0-9.-]*)$/.exec(argument)
  if (match === null) {
    const message = `${argument} does not exist, and no application can be called that`
    throw new HoldfastError(problem('HF1004', message, { file: argument }, 'Name a path or an Application.'))
  }
  const [, namespace = appNamespace, name = ''] = match
  return { kind: 'app', namespace, name }
}

/** Throws HF7002 when there is nothing, or too much; HF1004 for what can be neither. */
export async function targetOf(services: TargetServices, given: TargetArguments): Promise<Target> {
  const { argument, desired, appNamespace } = given
  if (argument !== undefined && desired !== undefined) throw usage('give the path once: as argument or as --desired')
  if (desired !== undefined) return { kind: 'path', path: desired }
  if (argument === undefined || argument === '') throw usage('give an Application or a path')
  const isPath = argument.startsWith('.') || argument.startsWith('/') || (await services.pathExists(argument))
  return isPath ? { kind: 'path', path: argument } : appOf(argument, appNamespace)
}
