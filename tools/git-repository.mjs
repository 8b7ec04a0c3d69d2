// @ts-check
import { run } from './progress.mjs'

/**
 * Path → content. `null` removes the file or folder; the object forms make an executable file or a symbolic link.
 * @typedef {Readonly<Record<string, string | Buffer | { executable: string } | { symlink: string } | null>>} Files
 */
/** @typedef {{ branch?: string, author?: string, time?: number }} CommitOptions branch default `main`, made when it does not exist; author `Name <mail>`; time in ms */

const AUTHOR = 'Holdfast Test <test@holdfast.invalid>'

/** Git's own variables of the caller and the machine's configuration must not leak in. @returns {NodeJS.ProcessEnv} */
export function gitEnvironment() {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
  return {
    ...Object.fromEntries(own),
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    ...{ GIT_COMMITTER_NAME: 'Holdfast Test', GIT_COMMITTER_EMAIL: 'test@holdfast.invalid' },
  }
}

/** @param {string} path */
export async function initRepository(path) {
  await runGit('.', ['init', '--quiet', '--bare', '--initial-branch=main', path])
  const settings = {
    'uploadpack.allowFilter': 'true',
    'uploadpack.allowAnySHA1InWant': 'true',
    'gc.auto': '0',
  }
  for (const [name, value] of Object.entries(settings)) await runGit(path, ['config', name, value])
}

/** @param {string} directory @param {readonly string[]} args @param {Buffer} [input] @returns {Promise<string>} what it printed, trimmed */
export async function runGit(directory, args, input) {
  const { code, stdout, stderr } = await run('git', ['-C', directory, ...args], {
    env: gitEnvironment(),
    ...(input ? { input } : {}),
  })
  if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout.trim()
}

/**
 * Commits changes on top of a branch of a bare repository, without a work tree.
 * @param {string} path @param {Files} files @param {CommitOptions & { message: string }} options
 * @returns {Promise<string>} the commit's id
 */
export async function commitFiles(path, files, { message, branch = 'main', author = AUTHOR, time = Date.now() }) {
  const ref = `refs/heads/${branch}`
  const { code, stdout: parent } = await run('git', ['-C', path, 'rev-parse', '--verify', '--quiet', ref], {
    env: gitEnvironment(),
  })
  const when = `${Math.floor(time / 1000)} +0000`
  const stream = [
    `commit ${ref}\nauthor ${author} ${when}\ncommitter ${author} ${when}\n`,
    ...data(message),
    ...(code === 0 ? [`from ${parent.trim()}\n`] : []),
    ...Object.entries(files).flatMap(([name, content]) => change(name, content)),
    'done\n',
  ]
  await runGit(path, ['fast-import', '--quiet', '--done'], Buffer.concat(stream.map((part) => Buffer.from(part))))
  return runGit(path, ['rev-parse', ref])
}

/** @param {string} name @param {Files[string]} content @returns {(string | Buffer)[]} */
function change(name, content) {
  const quoted = JSON.stringify(name)
  if (content === null) return [`D ${quoted}\n`]
  if (typeof content === 'string' || Buffer.isBuffer(content)) return [`M 100644 inline ${quoted}\n`, ...data(content)]
  if ('symlink' in content) return [`M 120000 inline ${quoted}\n`, ...data(content.symlink)]
  return [`M 100755 inline ${quoted}\n`, ...data(content.executable)]
}

/** @param {string | Buffer} content */
function data(content) {
  const bytes = Buffer.from(content)
  return [`data ${bytes.length}\n`, bytes, '\n']
}
