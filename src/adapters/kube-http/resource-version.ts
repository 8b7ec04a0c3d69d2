// Which of two resourceVersions is later? Only decimal ones can be compared (Kubernetes 1.35 guarantees them for its own kinds).

const DECIMAL = /^[1-9]\d*$/

/** True when both are decimal and `a` is lower than `b`. */
export function isBefore(a: string, b: string): boolean {
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return false
  return a.length === b.length ? a < b : a.length < b.length
}
