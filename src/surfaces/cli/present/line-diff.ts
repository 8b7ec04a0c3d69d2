// Two texts → what is taken out of the one and put into the other, with a little of what stays.

export interface DiffLine {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/** More than this many comparisons are not worth a nicer picture. */
const WORK = 1_000_000
const CONTEXT = 2

function sameAtStart(a: readonly string[], b: readonly string[]): number {
  let same = 0
  while (same < a.length && same < b.length && a[same] === b[same]) same += 1
  return same
}

/** Longest common subsequence from every pair of positions on. */
function lengths(a: readonly string[], b: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const [row, below] = [table[i], table[i + 1]]
    if (row === undefined || below === undefined) continue
    for (let j = b.length - 1; j >= 0; j -= 1)
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0)
  }
  return table
}

const out = (text: string): DiffLine => ({ sign: '-', text })
const into = (text: string): DiffLine => ({ sign: '+', text })
const stays = (text: string): DiffLine => ({ sign: ' ', text })

/** Does the longer way lead through leaving out a line of the first? */
const leavesOut = (table: readonly Uint32Array[], i: number, j: number): boolean =>
  (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0)

function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  if (a.length * b.length > WORK) return [...a.map(out), ...b.map(into)]
  const table = lengths(a, b)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  for (let [left, right] = [a[i], b[j]]; left !== undefined && right !== undefined; [left, right] = [a[i], b[j]]) {
    const same = left === right
    const first = same || leavesOut(table, i, j)
    lines.push(same ? stays(left) : first ? out(left) : into(right))
    if (first) i += 1
    if (same || !first) j += 1
  }
  return [...lines, ...a.slice(i).map(out), ...b.slice(j).map(into)]
}

/** All lines of both, in order. */
function wholeDiff(a: readonly string[], b: readonly string[]): DiffLine[] {
  const start = sameAtStart(a, b)
  const [restA, restB] = [a.slice(start), b.slice(start)]
  const end = sameAtStart(restA.toReversed(), restB.toReversed())
  const changed = middle(restA.slice(0, restA.length - end), restB.slice(0, restB.length - end))
  return [...a.slice(0, start).map(stays), ...changed, ...restA.slice(restA.length - end).map(stays)]
}

/** Lines that change with two lines around them; `…` stands for what is left out between. */
export function lineDiff(a: readonly string[], b: readonly string[]): DiffLine[] {
  const whole = wholeDiff(a, b)
  const near = new Uint8Array(whole.length)
  whole.forEach(({ sign }, at) => {
    if (sign !== ' ') near.fill(1, Math.max(0, at - CONTEXT), at + CONTEXT + 1)
  })
  const shown: DiffLine[] = []
  whole.forEach((line, at) => {
    if (near[at] === 1) shown.push(line)
    else if (at > 0 && near[at - 1] === 1) shown.push(stays('…'))
    else if (at === 0) shown.push(stays('…'))
  })
  return shown
}
