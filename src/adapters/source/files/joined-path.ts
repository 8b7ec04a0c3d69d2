/** `from` and a relative path, as a shell would read it; null above the top. */
export function joinedPath(from: readonly string[], path: string): string[] | null {
  const result = [...from]
  for (const segment of path.split('/')) {
    if (segment === '..') {
      if (result.pop() === undefined) return null
    } else if (segment !== '' && segment !== '.') result.push(segment)
  }
  return result
}
