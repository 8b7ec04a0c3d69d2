// @ts-check
import { tsImport } from 'tsx/esm/api'

/** @returns {Promise<import('./rows.mjs').Row[]>} */
export async function measure() {
  const { measure } = await tsImport('./audit/measure.ts', import.meta.url)
  return measure()
}
