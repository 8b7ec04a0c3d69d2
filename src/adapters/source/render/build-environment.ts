// The variables that sources may use: `$ARGOCD_APP_NAME` and its like.
import type { RevisedSource, RenderRequest } from '../../../ports/source.ts'

/** Names and values as Argo CD gives them to its tools. Plugins see more; see plugin-environment.ts. */
export function environmentOf(
  { source, revision }: RevisedSource,
  { app }: Pick<RenderRequest, 'app'>,
): Readonly<Record<string, string>> {
  // As they are written: nothing stands for what is left out.
  const written = (name: string): string => (typeof source.written[name] === 'string' ? source.written[name] : '')
  return {
    ARGOCD_APP_NAME: app.name,
    ARGOCD_APP_NAMESPACE: app.namespace,
    ARGOCD_APP_PROJECT_NAME: app.project,
    ARGOCD_APP_REVISION: revision,
    ARGOCD_APP_REVISION_SHORT: revision.slice(0, 7),
    ARGOCD_APP_REVISION_SHORT_8: revision.slice(0, 8),
    ARGOCD_APP_SOURCE_PATH: written('path'),
    ARGOCD_APP_SOURCE_REPO_URL: source.repoURL,
    ARGOCD_APP_SOURCE_TARGET_REVISION: written('targetRevision'),
  }
}

/** `${x}`, `${`, `$x`; a name of one of the shell's special characters stands alone. */
const VARIABLE = /\$(?:\{([*#$@!?\-0-9])\}|\{([^}]*)\}|(\{)|([*#$@!?\-0-9])|([A-Za-z0-9_]+))/g

/**
 * Replaces `$NAME` and `${NAME}` by their values, names that nobody knows by nothing, and `$$` by a dollar; what Argo CD
 * (Go's os.Expand) makes of broken forms is made of them here too.
 */
export function substitute(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (_, ...found: (string | undefined)[]) => {
    const [single, braced, broken, special, plain] = found
    const name = single ?? braced ?? special ?? plain ?? ''
    if (broken !== undefined || name === '') return ''
    if (name === '$') return '$'
    return Object.hasOwn(environment, name) ? (environment[name] ?? '') : ''
  })
}
