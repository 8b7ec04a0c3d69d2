// Which parts of a server's message could be the value of a Secret?
import { isMap, type KubeObject } from '../../core/kube/index.ts'

const MASK = '[masked]'
/** Where the API server quotes the value that it refuses. */
const QUOTED = /((?:Invalid|Unsupported|Duplicate) value: )("(?:[^"\\]|\\.)*"|.*(?=: )|.*)|(\{Value:).*/gs

function texts(value: unknown, into: string[]): string[] {
  if (typeof value === 'string') into.push(value)
  else if (Array.isArray(value)) for (const item of value) texts(item, into)
  else if (isMap(value)) for (const item of Object.values(value)) texts(item, into)
  else if (value !== null && value !== undefined) into.push(String(value))
  return into
}

function decoded(value: string): string[] {
  const plain = Buffer.from(value, 'base64').toString('utf8')
  return plain.includes('\uFFFD') ? [value] : [value, plain]
}

/** `message` without anything that the Secret `sent` holds, and without what the server quotes of it. */
export function maskValues(message: string, sent: KubeObject | undefined): string {
  let masked = message.replace(QUOTED, `$1$3${MASK}`)
  const values = [...texts(sent?.['data'], []), ...texts(sent?.['stringData'], [])].flatMap(decoded)
  for (const value of values.filter((text) => text.length >= 4).sort((a, b) => b.length - a.length)) {
    masked = masked.replaceAll(value, MASK)
  }
  return masked
}
