// @ts-check

/** @typedef {{ title: string, foundBy: string, ms: number | undefined, generations: number | undefined, ok: boolean }} Row */

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }
/** @typedef {keyof typeof COLOURS} Colour */

const tty = process.stdout.isTTY === true && !process.env.NO_COLOR

/** @param {Colour} colour @param {string} text */
export function paint(colour, text) {
  return tty ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text
}

/** @param {string} [text] */
export function print(text = '') {
  process.stdout.write(`${text}\n`)
}

/** @param {number} index @param {string} title */
export function headline(index, title) {
  print(`\n${paint('bold', `${index}  ${title}`)}`)
}

/** @param {string} label @param {string} text */
export function line(label, text) {
  print(`   ${paint('cyan', label.padEnd(8))}${text}`)
}

/** @param {number | undefined} ms */
export function duration(ms) {
  if (ms === undefined) return '–'
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`
}

/** @param {number} count */
export function generations(count) {
  return `${count} generation${count === 1 ? '' : 's'}`
}

/** @param {readonly Row[]} rows */
export function table(rows) {
  const header = ['step', 'found by', 'healed in', 'generations', '']
  const cells = rows.map(({ title, foundBy, ms, generations: used, ok }, index) => [
    `${index + 1}  ${title}`,
    foundBy,
    duration(ms),
    used === undefined ? '–' : String(used),
    ok ? 'ok' : 'FAILED',
  ])
  const widths = header.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const format = (/** @type {readonly string[]} */ row) =>
    row
      .map((cell, column) =>
        (column === 2 || column === 3 ? cell.padStart : cell.padEnd).call(cell, widths[column] ?? 0),
      )
      .join('  ')
  print(paint('bold', format(header).trimEnd()))
  for (const [index, row] of cells.entries()) print(paint(rows[index]?.ok ? 'green' : 'red', format(row).trimEnd()))
}
