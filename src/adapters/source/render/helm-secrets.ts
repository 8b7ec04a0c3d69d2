// Texts of a chart and its values that no message may quote.
import type { HelmOptions } from '../../../core/definition/index.ts'
import { mentionsSecret } from './secret-marks.ts'

const SECRET_NAME =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|private|cert|auth|dsn|connection|licen[sc]e|key)(?!.*(?:name|ref|enabled|type|path|mount|algorithm|length|size|ttl|days)s?$)/i
/** Below such a name everything counts. */
const SECRETS_NAME = /(?:password|passwd|passphrase|secret|token|credential)s?$|^(?:stringData|data)$/i
const FIELD = /^(\s*)(?:-\s+)?["']?([A-Za-z0-9_./-]+)["']?\s*:(?:\s+(.*))?$/
const INLINE = /["']?([A-Za-z0-9_./-]+)["']?\s*:\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,{}[\]]+)/g
const BLOCK = /^[|>][+-]?[0-9]?\s*$/
const PLAIN = /^(?:true|false|null|~|[0-9]{1,4}|[{[\]}]*)$/i
/** Of long texts Go's YAML reader quotes the beginning alone. */
const QUOTED_BY_YAML = 7
const MOST = 5_000
const LONGEST_FILE = 2 * 1024 * 1024

function bare(text: string): string {
  const value = text.replace(/\s+#.*$/, '').trim()
  if (/^".*"$/.test(value)) {
    try {
      return String(JSON.parse(value))
    } catch {
      return value.slice(1, -1)
    }
  }
  return /^'.*'$/.test(value) ? value.slice(1, -1).replaceAll("''", "'") : value
}

function isTelling(value: string): boolean {
  return value.length >= 3 && !PLAIN.test(value) && !value.includes('{{')
}

function withDecoded(value: string): string[] {
  const found = [value]
  if (value.length > 10) found.push(`${value.slice(0, QUOTED_BY_YAML)}...`)
  if (/^[A-Za-z0-9+/]{8,}={0,2}$/.test(value) && value.length % 4 === 0) {
    const decoded = Buffer.from(value, 'base64').toString('utf8')
    if (!decoded.includes('\ufffd') && decoded.length >= 3) found.push(decoded)
  }
  return found
}

/** Values in a text that may be YAML, JSON or a template of either, told by the names in front of them. */
class ValueReader {
  readonly found: string[] = []
  readonly #isSecretName: (name: string) => boolean
  /** How far in the name stands below which everything is secret; -1 = nothing is. */
  #below = -1

  constructor(isSecretName: (name: string) => boolean) {
    this.#isSecretName = isSecretName
  }

  line(line: string): void {
    const body = line.trimStart()
    if (body === '' || body.startsWith('#')) return
    const indent = line.length - body.length
    const isItem = indent === this.#below && body.startsWith('- ')
    if (indent <= this.#below && !isItem) this.#below = -1
    if (this.#below >= 0) this.found.push(bare(FIELD.exec(line)?.[3] ?? body.replace(/^-\s+/, '')))
    else this.#field(line, indent)
    for (const [, name = '', value = ''] of line.matchAll(INLINE)) this.#add(name, value)
  }

  #field(line: string, indent: number): void {
    const [, , name = '', value = ''] = FIELD.exec(line) ?? []
    const opens = value.trim() === '' || BLOCK.test(value.trim())
    if (!opens) this.#add(name, value)
    else if (SECRETS_NAME.test(name) && this.#isSecretName(name)) this.#below = indent
  }

  #add(name: string, value: string): void {
    if (name !== '' && this.#isSecretName(name)) this.found.push(bare(value))
  }
}

function valuesIn(text: string, isSecretName: (name: string) => boolean): readonly string[] {
  const reader = new ValueReader(isSecretName)
  for (const line of text.split('\n')) reader.line(line)
  return reader.found
}

/** What the Secrets among the manifests of a text hold. */
function inManifests(text: string): readonly string[] {
  if (!mentionsSecret(text)) return []
  const secrets = text.split(/^---/m).filter(mentionsSecret)
  return secrets.flatMap((document) => valuesIn(document, (name) => name === 'data' || name === 'stringData'))
}

export interface Texts {
  readonly values: readonly string[]
  /** Manifests, or templates of them. */
  readonly manifests: readonly string[]
  readonly parameters: HelmOptions['parameters']
  /** Names that stand in messages for good reason, such as those of templates. */
  readonly names: readonly string[]
}

/** Values under names that look secret, what Secrets hold, and the parameters. */
export function textsToMask({ values, manifests, parameters, names }: Texts): readonly string[] {
  const short = (text: string): boolean => text.length <= LONGEST_FILE
  const found = [
    ...values.filter(short).flatMap((text) => valuesIn(text, (name) => SECRET_NAME.test(name))),
    ...manifests.filter(short).flatMap(inManifests),
    ...parameters.map(({ value }) => value),
  ]
  const named = names.join('\n')
  const telling = [...new Set(found)].filter((text) => isTelling(text) && !named.includes(text))
  return [...new Set(telling.flatMap(withDecoded))].slice(0, MOST)
}
