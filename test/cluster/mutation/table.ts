// What the mutations came to, one row per object.
import type { Row } from './run.ts'

const COLUMNS = [
  ['mutations', (row: Row) => row.mutations],
  ['refused', (row: Row) => row.refused],
  ['without effect', (row: Row) => row.without],
  ['accepted', (row: Row) => row.accepted],
  ['reported', (row: Row) => row.reported],
  ['left out', (row: Row) => row.leftOut],
  ['missed', (row: Row) => row.missed.length],
  ['false alarms', (row: Row) => row.falseAlarms.length],
  ['healed', (row: Row) => row.healed],
] as const

const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

export function table(rows: readonly Row[]): string {
  const total = COLUMNS.map(([, count]) => rows.reduce((sum, row) => sum + count(row), 0))
  return [
    line(['object', ...COLUMNS.map(([name]) => name)]),
    line(['---', ...COLUMNS.map(() => '---:')]),
    ...rows.map((row) => line([row.name, ...COLUMNS.map(([, count]) => count(row))])),
    line(['**all**', ...total]),
    '',
  ].join('\n')
}

const list = (title: string, texts: readonly string[]): string =>
  texts.length === 0 ? '' : `\n${title}:\n\n${texts.map((text) => `- ${text.replaceAll('\n', ' ')}`).join('\n')}\n`

/** With everything that was not as it should be, and what the server refused. */
export function wholeTable(rows: readonly Row[]): string {
  const details = rows.map((row) =>
    [
      list(`${row.name}: missed`, row.missed),
      list(`${row.name}: false alarms`, row.falseAlarms),
      list(`${row.name}: not healed`, row.unhealed),
    ].join(''),
  )
  return `${table(rows)}${details.join('')}`
}
