import { readFileSync } from 'node:fs'

/** From package.json: two folders up both from src/main and from dist/main. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version
