import { lineText } from './plain.ts'

/** What a row is about stands in full: two rows must not look the same. The last column may be longer: nothing stands behind it. */
const CELL_LIMIT = 60
const LAST_LIMIT = 300

export interface Table {
  readonly head: readonly string[]
  /** How many of the first columns say what a row is about; default 1. */
  readonly names?: number
  readonly rows: readonly (readonly string[])[]
  /** How long a cell may be. */
  readonly cell?: number
  /** Adds colour to a cell; must not change how wide it looks. */
  paint(cell: string): string
}

/** Columns as wide as their widest cell, three spaces apart; every cell on one line and safe to print. */
export function table({ head, rows, cell: limit = CELL_LIMIT, paint, names = 1 }: Table): string {
  const cells = rows.map((row) =>
    row.map((cell, column) => lineText(cell, column < names || column === head.length - 1 ? LAST_LIMIT : limit)),
  )
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => [...(row[column] ?? '')].length)),
  )
  const line = (row: readonly string[], shown: (cell: string) => string): string =>
    row
      .map((cell, column) => shown(cell) + ' '.repeat((widths[column] ?? 0) - [...cell].length))
      .join('   ')
      .trimEnd()
  return `${[line(head, (cell) => cell), ...cells.map((row) => line(row, paint))].join('\n')}\n`
}
