import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/** Compares with the stored text; `UPDATE_GOLDEN=1` stores it instead (read the change before you commit it). */
export function expectGolden(name: string, text: string): void {
  const file = fileURLToPath(new URL(`./golden/${name}.txt`, import.meta.url))
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  expect(text).toBe(readFileSync(file, 'utf8'))
}
