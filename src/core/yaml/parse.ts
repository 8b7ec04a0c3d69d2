import { type Event, parseEvents, YAMLException } from 'js-yaml'

export interface ParsedText {
  readonly events: readonly Event[]
  /** The text that the events' offsets mean: lines are those of the input, columns may have moved. */
  readonly text: string
}

/** Characters that may be parsed again for one document in the search for under-indented lines. */
const REPAIR_BUDGET = 20_000_000

function deepestIndent(text: string): number {
  let deepest = 0
  for (const match of text.matchAll(/^[ ]+/gm)) deepest = Math.max(deepest, match[0].length)
  return deepest
}

/** Moves the line that holds `position` to the right of everything, or makes spaces of the tabs before `position`. */
function indentAt(text: string, position: number): string | undefined {
  const lineStart = text.lastIndexOf('\n', position - 1) + 1
  const before = text.slice(lineStart, position)
  if (/^[ \t]*$/.test(before)) {
    const indent = ' '.repeat(deepestIndent(text) + 1)
    return before.length >= indent.length && before === ' '.repeat(before.length)
      ? undefined
      : text.slice(0, lineStart) + indent + text.slice(position)
  }
  if (!before.includes('\t') || /["'].*\t/.test(before)) return undefined
  return text.slice(0, lineStart) + before.replaceAll('\t', ' ') + text.slice(position)
}

/**
 * The parser holds to YAML 1.2, where the lines of a `[…]`, `{…}` or quoted text must stand to the right of their key.
 * Kubernetes' reader never asked for that, and people write `args: [` with the `]` below `args`. Where the parser says
 * that such a line stands too far left, its leading space carries no meaning, so the line is moved and read again.
 */
export function parseText(text: string, maxDepth: number): ParsedText {
  let current = text
  let budget = Math.max(REPAIR_BUDGET, 2 * text.length)
  for (;;) {
    try {
      return { events: parseEvents(current, { maxDepth }), text: current }
    } catch (error) {
      if (!(error instanceof YAMLException) || error.reason !== 'deficient indentation') throw error
      const position = error.mark?.position ?? 0
      budget -= position + 1000
      const repaired = budget > 0 ? indentAt(current, position) : undefined
      if (repaired === undefined) throw error
      current = repaired
    }
  }
}
