/**
 * The environment of a render tool: nothing of ours, an empty home, no program to call. The proxy variables lead nowhere,
 * so that a tool that tries the network all the same gets no answer.
 */
export function toolEnvironment(home: string, memoryBytes: number): Record<string, string> {
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
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    ALL_PROXY: nowhere,
  }
}
