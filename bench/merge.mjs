// @ts-check
import { tsImport } from 'tsx/esm/api'

/** @returns {Promise<import('./rows.mjs').Row[]>} */
export async function measure() {
  const { measure } = await tsImport('./merge/measure.ts', import.meta.url)
  return measure()
}
