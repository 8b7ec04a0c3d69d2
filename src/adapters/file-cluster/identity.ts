// Which object a piece of a dump is, as far as that can be seen without reading it all.
import { isMap } from '../../core/kube/index.ts'

export interface Identity {
  readonly group: string
  readonly kind: string
  /** '' where it says none. */
  readonly namespace: string
  readonly name: string
}

const KEY = /^([A-Za-z][A-Za-z0-9]*):(?:[ \t]+(.*))?$/
const SIMPLE = /^(?:"([\w./:-]+)"|'([\w./:-]+)'|([A-Za-z][\w./:-]*))$/
const FIRST = /^( *)- +(?=[A-Za-z])/
const LINE_ENDS = /\r?\n/

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

interface Member {
  readonly value: string
  readonly at: number
}

const isBlank = (line: string, first: number): boolean => first < 0 || line[first] === '#' || line.slice(first) === '\r'

/** A key with its value; '' for an item of a list, which may stand at the indent of its key; null for anything else. */
function memberOf(line: string): [string, string] | '' | null {
  if (/^-(?: |$)/.test(line)) return ''
  const found = KEY.exec(line)
  return found === null ? null : [found[1] ?? '', (found[2] ?? '').trim()]
}

/** The keys that stand exactly at an indent; null where something else stands there, or further left. */
function keysAt(lines: readonly string[], indent: number): Map<string, Member> | null {
  const keys = new Map<string, Member>()
  for (const [at, line] of lines.entries()) {
    const first = line.search(/[^ ]/)
    if (first > indent || isBlank(line, first)) continue
    const member = first === indent ? memberOf(line.slice(indent)) : null
    if (member === '') continue
    if (member === null || keys.has(member[0])) return null
    keys.set(member[0], { value: member[1], at })
  }
  return keys
}

function simple(member: Member | undefined): string | null {
  const found = SIMPLE.exec(member?.value ?? '')
  return found === null ? null : (found[1] ?? found[2] ?? found[3] ?? null)
}

/** The lines below a key. */
function below(lines: readonly string[], at: number, indent: number): readonly string[] {
  const rest = lines.slice(at + 1)
  const end = rest.findIndex((line) => /^ *[^ #]/.test(line) && line.search(/[^ ]/) <= indent)
  return end < 0 ? rest : rest.slice(0, end)
}

/** The keys of a map in block style below a key. */
function blockAt(lines: readonly string[], member: Member | undefined, indent: number): Map<string, Member> | null {
  if (member?.value !== '') return null
  const inside = below(lines, member.at, indent)
  const deeper = inside.find((line) => /^ *[^ #]/.test(line))?.search(/[^ ]/) ?? 0
  return deeper > indent ? keysAt(inside, deeper) : null
}

/** With the dash of a list's item blanked and the marker of a document left out. */
function linesOf(text: string): { lines: readonly string[]; indent: number } {
  const lines = text.split(LINE_ENDS)
  const [first = ''] = lines
  const dash = FIRST.exec(first)
  if (dash !== null)
    return {
      lines: [' '.repeat(dash[0].length) + first.slice(dash[0].length), ...lines.slice(1)],
      indent: dash[0].length,
    }
  return { lines: /^---[ \t]*$/.test(first) ? lines.slice(1) : lines, indent: 0 }
}

/**
 * Of a YAML map in block style, one key a line, as kubectl prints it. Null where anything is written in another way: then
 * only its parser can say. `metadata` must be a block with a plain name.
 */
export function yamlIdentity(text: string): Identity | null {
  const { lines, indent } = linesOf(text)
  const keys = keysAt(lines, indent)
  if (keys === null || keys.has('items')) return null
  const names = blockAt(lines, keys.get('metadata'), indent)
  if (names === null) return null
  const namespace = names.get('namespace')
  return identity({
    apiVersion: simple(keys.get('apiVersion')),
    kind: simple(keys.get('kind')),
    namespace: namespace === undefined ? '' : simple(namespace),
    name: simple(names.get('name')),
  })
}

/** Null where it is not strictly JSON, or no object. */
export function jsonIdentity(text: string): Identity | null {
  try {
    return valueIdentity(JSON.parse(text) as unknown)
  } catch {
    return null
  }
}

export function valueIdentity(value: unknown): Identity | null {
  if (!isMap(value) || !isMap(value.metadata) || Object.hasOwn(value, 'items')) return null
  const textOf = (field: unknown): string | null => (typeof field === 'string' ? field : null)
  const { namespace, name } = value.metadata
  return identity({
    apiVersion: textOf(value.apiVersion),
    kind: textOf(value.kind),
    namespace: namespace === undefined || namespace === null ? '' : textOf(namespace),
    name: textOf(name),
  })
}

type Found = { readonly [part in 'apiVersion' | 'kind' | 'namespace' | 'name']: string | null }

function identity({ apiVersion, kind, namespace, name }: Found): Identity | null {
  if (apiVersion === null || kind === null || namespace === null || name === null || name === '') return null
  return { group: groupOf(apiVersion), kind, namespace, name }
}
