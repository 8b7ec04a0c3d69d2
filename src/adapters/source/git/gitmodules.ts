// `.gitmodules` → where the repositories of submodules are.
import { HoldfastError, problem, type ProblemSubject } from '../../../core/problem/index.ts'
import type { Environment } from '../environment.ts'
import { run } from '../process.ts'
import { shown } from './address.ts'
import { gitEnvironment } from './environment.ts'

const OUTPUT_BYTES = 4 * 1024 * 1024
const READ_MS = 10_000
const MOST = 1_000

/** A path as git takes one: below the tree, and nowhere near `.git`. */
function isPlainPath(path: string): boolean {
  const parts = path.split('/')
  return (
    path !== '' &&
    !path.startsWith('-') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git')
  )
}

function isPlainName(name: string): boolean {
  return name !== '' && !name.split(/[/\\]/).includes('..')
}

function refused(subject: ProblemSubject, what: string): HoldfastError {
  const message = `${subject.repository}: .gitmodules ${what}`
  return new HoldfastError(problem('HF1006', message, { ...subject, file: '.gitmodules' }, 'Correct .gitmodules.'))
}

/** URLs as written, by path. Throws HF1003 for what git cannot read, HF1006 for names and paths that lead elsewhere. */
export async function readGitmodules(
  content: Buffer,
  env: Environment,
  subject: ProblemSubject,
): Promise<ReadonlyMap<string, string>> {
  const finished = await run({
    file: 'git',
    args: ['config', '--file', '-', '--no-includes', '-z', '--list'],
    env: gitEnvironment(env),
    ...{ input: content, timeoutMs: READ_MS, maxOutputBytes: OUTPUT_BYTES },
  })
  if (finished.outcome !== 'exited' || finished.exitCode !== 0) {
    const message = `${subject.repository}: .gitmodules cannot be read`
    throw new HoldfastError(problem('HF1003', message, { ...subject, file: '.gitmodules' }))
  }
  const modules = new Map<string, { path: string; url: string }>()
  for (const item of finished.stdout.toString('utf8').split('\0')) {
    const [, name, key, value] = /^submodule\.([^\n]*)\.(path|url)\n([\s\S]*)$/.exec(item) ?? []
    if (name === undefined || key === undefined || value === undefined) continue
    modules.set(name, { ...(modules.get(name) ?? { path: '', url: '' }), [key]: value })
  }
  if (modules.size > MOST) throw refused(subject, `names more than ${MOST} submodules`)
  return new Map(
    [...modules].map(([name, { path, url }]) => {
      if (!isPlainName(name)) throw refused(subject, `has the submodule name ${shown(name)}`)
      if (!isPlainPath(path)) throw refused(subject, `has the submodule path ${shown(path)}`)
      return [path, url]
    }),
  )
}

/**
 * As git resolves `./x` and `../x`: against the URL of the repository that names it; '' when that leads above its host.
 * Other URLs stay as they are.
 */
export function absoluteUrl(url: string, parent: string): string {
  if (!/^\.\.?(\/|$)/.test(url)) return url
  const [, start = '', path = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/]*\/|[^/:]+@[^/:]+:)(.*)$/i.exec(parent) ?? []
  const segments = namesOf(path)
  const names = namesOf(url)
  const up = names.filter((name) => name === '..').length
  // `../` stands in front alone, as git has it.
  if (start === '' || up > segments.length || names.slice(up).includes('..')) return ''
  const all = [...segments.slice(0, segments.length - up), ...names.slice(up)]
  return all.length === 0 ? '' : start + all.join('/')
}

function namesOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.')
}
