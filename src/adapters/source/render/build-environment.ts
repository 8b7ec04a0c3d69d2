// The variables that sources may use: `$ARGOCD_APP_NAME` and its like.
import type { RevisedSource, RenderRequest } from '../../../ports/source.ts'

/** Names and values as Argo CD gives them to its tools. */
export function environmentOf(
  { source, revision }: RevisedSource,
  { app, cluster }: Pick<RenderRequest, 'app' | 'cluster'>,
): Readonly<Record<string, string>> {
  return {
    ARGOCD_APP_NAME: app.name,
    ARGOCD_APP_NAMESPACE: app.namespace,
    ARGOCD_APP_PROJECT_NAME: app.project,
    ARGOCD_APP_REVISION: revision,
    ARGOCD_APP_REVISION_SHORT: revision.slice(0, 7),
    ARGOCD_APP_REVISION_SHORT_8: revision.slice(0, 8),
    ARGOCD_APP_SOURCE_PATH: source.path,
    ARGOCD_APP_SOURCE_REPO_URL: source.repoURL,
    ARGOCD_APP_SOURCE_TARGET_REVISION: source.targetRevision,
    KUBE_VERSION: cluster.version,
    KUBE_API_VERSIONS: cluster.apiVersions.join(','),
  }
}

/** Replaces `$NAME` and `${NAME}` by their values; other names become empty and `$$` a dollar, as in Argo CD. */
export function substitute(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:(\$)|\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (_, dollar: string, braced: string, plain: string) => {
      if (dollar !== undefined) return '$'
      const name = braced ?? plain
      return Object.hasOwn(environment, name) ? (environment[name] ?? '') : ''
    },
  )
}
