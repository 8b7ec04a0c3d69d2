// A place in an object → the pointer or the expression that names it and nothing else.
import type { FieldPath, Json, PathElement } from '../kube/index.ts'

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*$/

const member = (name: string): string => (PLAIN.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`)

function wanted(fields: Readonly<Record<string, Json>>): string {
  return Object.entries(fields)
    .map(
      ([name, value]) =>
        `${member(name).startsWith('[') ? `.${member(name)}` : member(name)} == ${JSON.stringify(value)}`,
    )
    .join(' and ')
}

function step(text: string, element: PathElement): string {
  switch (element.kind) {
    case 'field': {
      const name = member(element.name)
      const opens = text === '' || text.endsWith('| ')
      return `${text}${opens && name.startsWith('[') ? '.' : ''}${name}`
    }
    case 'index':
      return `${text}[${element.index}]`
    case 'key':
      return `${text}[] | select(${wanted(element.fields)}) | `
    case 'value':
      return `${text}[] | select(. == ${JSON.stringify(element.value)}) | `
    default:
      return element satisfies never
  }
}

export interface Naming {
  readonly in: 'jsonPointers' | 'jqPathExpressions'
  readonly text: string
}

export function namingOf(path: FieldPath): Naming {
  if (path.every(({ kind }) => kind === 'field')) {
    const names = path.map((element) => (element.kind === 'field' ? element.name : ''))
    const text = names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
    return { in: 'jsonPointers', text }
  }
  return { in: 'jqPathExpressions', text: path.reduce(step, '').replace(/ \| $/, '') }
}

/** Lines of YAML that name just these places. */
export function namingLines(paths: readonly FieldPath[]): readonly string[] {
  const named = paths.map(namingOf)
  return (['jsonPointers', 'jqPathExpressions'] as const).flatMap((field) => {
    const texts = [...new Set(named.filter((each) => each.in === field).map(({ text }) => text))].sort()
    return texts.length === 0
      ? []
      : [`${field}:`, ...texts.map((text) => `  - ${field === 'jsonPointers' ? text : quoted(text)}`)]
  })
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
