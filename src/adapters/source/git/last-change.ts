// What `git log` says of the last change of files.
import type { FileChange } from '../../../ports/source.ts'

const FORMAT = '--format=%H%x00%an <%ae>%x00%aI%x00%s%x00'
/** Paths of one call: the system bounds the bytes of arguments. */
const AT_ONCE = 500

function changeIn(output: Buffer): FileChange | null {
  const [commit = '', author = '', date = '', subject = '', ...names] = output.toString('utf8').split('\0')
  const file = names.map((name) => name.trim()).find((name) => name !== '')
  if (commit === '') return null
  return { commit: commit.trim(), author, date, subject, ...(file === undefined ? {} : { file }) }
}

/** The latest of several; of two at the same time the first. */
export function newestOf(changes: readonly (FileChange | null)[]): FileChange | null {
  const found = changes.flatMap((change) => (change === null ? [] : [change]))
  return found.reduce<FileChange | null>(
    (newest, change) => (newest === null || Date.parse(change.date) > Date.parse(newest.date) ? change : newest),
    null,
  )
}

/** `log` is called with the arguments of `git log` after the revision. */
export async function lastChangeOf(
  files: readonly string[],
  log: (args: readonly string[]) => Promise<Buffer>,
): Promise<FileChange | null> {
  const found: (FileChange | null)[] = []
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const paths = files.slice(at, at + AT_ONCE).map((file) => `:(top,literal)${file}`)
    found.push(changeIn(await log(['-1', '-z', '--name-only', FORMAT, '--', ...paths])))
  }
  return newestOf(found)
}
