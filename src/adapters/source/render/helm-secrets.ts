// Texts of a chart and its values that no message may quote.
import type { HelmOptions } from '../../../core/definition/index.ts'
import { mentionsSecret } from './secret-marks.ts'

const SECRET_NAME =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|private|cert|auth|dsn|connection|licen[sc]e|key)(?!.*(?:name|ref|enabled|type|path|mount|algorithm|length|size|ttl|days)s?$)/i
/** Below such a name everything counts. */
const SECRETS_NAME = /(?:password|passwd|passphrase|secret|token|credential)s?$|^(?:stringData|data)$/i
// Names begin where a word begins and are bounded: no line takes longer than its length.
const FIELD = /^(\s*)(?:-\s+)?["']?([A-Za-z0-9_./-]{1,253})["']?\s*:(?:\s+(.*))?$/
const INLINE = /(?<![A-Za-z0-9_./-])["']?([A-Za-z0-9_./-]{1,253})["']?\s*:\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,{}[\]]+)/g
const BLOCK = /^[|>][+-]?[0-9]?\s*$/
const PLAIN = /^(?:true|false|null|~|[0-9]{1,4}|[{[\]}]*)$/i
/** Of long texts Go's YAML reader quotes the beginning alone. */
const QUOTED_BY_YAML = 7
const MOST = 5_000
/** Characters in which such values are looked for, and those in which Secrets are. */
const MOST_READ = 2 * 1024 * 1024
const MOST_SEARCHED = 16 * 1024 * 1024

function bare(text: string): string {
  const value = text.replace(/\s#.*$/, '').trim()
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

/** The Secrets among the manifests of a text. */
function secretsIn(text: string): readonly string[] {
  return mentionsSecret(text) ? text.split(/^---/m).filter(mentionsSecret) : []
}

const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, { length }) => sum + length, 0)

export interface Texts {
  readonly values: readonly string[]
  /** Manifests, or templates of them. */
  readonly manifests: readonly string[]
  readonly parameters: HelmOptions['parameters']
  /** Names that stand in messages for good reason, such as those of templates. */
  readonly names: readonly string[]
}

/** Values under names that look secret, what Secrets hold, and the parameters; null = there is too much to tell them all. */
export function textsToMask({ values, manifests, parameters, names }: Texts): readonly string[] | null {
  if (lengthOf(manifests) > MOST_SEARCHED) return null
  const secrets = manifests.flatMap(secretsIn)
  if (lengthOf([...values, ...secrets]) > MOST_READ) return null
  const found = [
    ...values.flatMap((text) => valuesIn(text, (name) => SECRET_NAME.test(name))),
    ...secrets.flatMap((text) => valuesIn(text, (name) => name === 'data' || name === 'stringData')),
    ...parameters.map(({ value }) => value),
  ]
  const named = names.join('\n')
  const telling = [...new Set(found)].filter((text) => isTelling(text) && !named.includes(text))
  const texts = [...new Set(telling.flatMap(withDecoded))]
  return texts.length > MOST ? null : texts
}
