import { type Problem, problem } from '../problem/index.ts'

/**
 * Options of `kustomize build` that may be given, and whether a value follows. All others would run programs, mount
 * directories, open the network or write elsewhere, and undo the isolation of a render. The load restrictor may be
 * lifted: a render sees only the files of its own repository in any case.
 */
const ALLOWED: ReadonlyMap<string, 'switch' | 'value'> = new Map([
  ['--enable-helm', 'switch'],
  ['--enable-managedby-label', 'switch'],
  ['--helm-debug', 'switch'],
  ['--helm-api-versions', 'value'],
  ['--helm-kube-version', 'value'],
  ['--load-restrictor', 'value'],
  ['--load_restrictor', 'value'],
  ['--reorder', 'value'],
])

export interface BuildOptions {
  readonly words: readonly string[]
  readonly problem: Problem | null
}

/** The words that are not allowed, in order. */
function refused(words: readonly string[]): readonly string[] {
  const found: string[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const equals = word.indexOf('=')
    const takes = ALLOWED.get(equals < 0 ? word : word.slice(0, equals))
    if (takes === undefined) found.push(word)
    else if (takes === 'value' && equals < 0) {
      index++
      if (index >= words.length) found.push(word)
    }
  }
  return found
}

/** `kustomize.buildOptions`, split at spaces as Argo CD does. */
export function readBuildOptions(key: string, text: string): BuildOptions {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const wrong = refused(words)
  if (wrong.length === 0) return { words, problem: null }
  const message = `argocd-cm: ${key} has ${wrong.join(' ')}, which cannot be used; kustomizations are not rendered with it`
  return { words: [], problem: problem('HF2008', message, { object: 'ConfigMap argocd-cm', path: key }) }
}
