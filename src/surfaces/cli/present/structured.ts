import { DUMP_SCHEMA, dump, SCALAR_STYLE, type ScalarTagDefinition, visit } from 'js-yaml'
import { UNSAFE } from './plain.ts'

const INT = 'tag:yaml.org,2002:int'

function withBigInt(): typeof DUMP_SCHEMA {
  const int = DUMP_SCHEMA.tags.find(
    (tag): tag is ScalarTagDefinition => tag.tagName === INT && tag.nodeKind === 'scalar',
  )
  if (!int) return DUMP_SCHEMA
  return DUMP_SCHEMA.withTags({
    ...int,
    identify: (value: unknown) => typeof value === 'bigint' || int.identify(value),
    represent: (value: unknown) => (typeof value === 'bigint' ? value.toString() : int.represent(value)),
  })
}

const SCHEMA = withBigInt()

/** Line ends alone are none: block style shows them as what they are. */
function isUnsafe(text: string): boolean {
  return text.replaceAll('\n', '').search(UNSAFE) >= 0
}

function escapeYaml(found: string): string {
  if (found === '\n') return found
  const code = found.codePointAt(0) ?? 0
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** YAML without aliases; integers of any size as digits, unsafe characters as escapes of the same value. */
export function yamlText(value: unknown): string {
  const text = dump(value, {
    schema: SCHEMA,
    noRefs: true,
    lineWidth: -1,
    skipInvalid: true,
    transform: (documents) =>
      visit(documents, (node) => {
        if (node.kind === 'scalar' && isUnsafe(node.value)) node.style = SCALAR_STYLE.DOUBLE_QUOTED
      }),
  })
  return text.replace(UNSAFE, escapeYaml)
}
