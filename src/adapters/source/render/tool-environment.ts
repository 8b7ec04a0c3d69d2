/**
 * All that a render tool sees of the environment: no cluster credentials, no user's configuration, nothing on its PATH, and
 * (where it may not use the network, beside what the sandbox does) proxies that do not answer.
 */
export function toolEnvironment(
  home: string,
  memoryBytes: number,
  { network }: { network: boolean },
): Record<string, string> {
  const nowhere = 'http://127.0.0.1:9'
  return {
    PATH: home,
    HOME: home,
    TMPDIR: home,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    LC_ALL: 'C.UTF-8',
    GOMEMLIMIT: String(Math.floor(memoryBytes * 0.8)),
    GOTRACEBACK: 'none',
    ...(network ? {} : { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, ALL_PROXY: nowhere }),
  }
}
