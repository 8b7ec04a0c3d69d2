/** resourceVersions are decimal and grow over all kinds; longer is larger. */
export function isNewerVersion(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length
}
