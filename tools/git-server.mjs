// @ts-check
import { timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { serveGit } from './git-http.mjs'
import { commitFiles, initRepository, runGit } from './git-repository.mjs'
import { run } from './progress.mjs'
import { createScratch, removeScratch } from './scratch.mjs'

/** @typedef {import('./git-repository.mjs').Files} Files */
/** @typedef {import('./git-repository.mjs').CommitOptions} CommitOptions */
/** @typedef {{ username: string, password: string }} Credentials */
/**
 * `refuse`: the port is closed, as when the host is down. `hang`: connections are accepted and never answered.
 * `fail`: every request is answered with 503.
 * @typedef {'refuse' | 'hang' | 'fail'} Outage
 */
/**
 * @typedef {object} Repository
 * @property {string} name
 * @property {string} url over http, ends in `.git`
 * @property {string} path of the bare repository, for `file://` and for git itself
 * @property {(files: Files, message: string, options?: CommitOptions) => Promise<string>} commit returns the commit's id
 * @property {(name: string, options?: { revision?: string, message?: string }) => Promise<void>} tag moves an existing tag too; annotated with a message
 * @property {(revision?: string) => Promise<string>} head id of a branch, tag or commit; default HEAD
 * @property {(...args: string[]) => Promise<string>} git any git command in the bare repository
 */
/**
 * @typedef {object} GitServer
 * @property {string} url
 * @property {string} directory of the bare repositories
 * @property {(name: string) => Promise<Repository>} createRepository `team/app` is `<url>/team/app.git`; HEAD is `main`
 * @property {(credentials: Credentials | undefined) => void} requireCredentials basic auth from now on, or none
 * @property {(outage?: Outage) => Promise<void>} takeDown default `refuse`
 * @property {() => Promise<void>} bringUp on the same port
 * @property {() => readonly string[]} requests `GET /app.git/info/refs?service=git-upload-pack`, …, in order of arrival
 * @property {() => Promise<void>} stop
 */

/**
 * Bare repositories in a temporary folder, served on 127.0.0.1 by git's own `git http-backend`.
 * @param {{ credentials?: Credentials, port?: number }} [options]
 * @returns {Promise<GitServer>}
 */
export async function startGitServer(options = {}) {
  const directory = await createScratch('holdfast-git')
  const backend = await findBackend()
  let { credentials } = options
  /** @type {Outage | undefined} */ let outage
  /** @type {string[]} */ const requests = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (outage === 'hang') return
    if (outage === 'fail') return void response.writeHead(503).end('the Git server is having a bad day\n')
    if (!mayEnter(request.headers.authorization, credentials)) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    }
    serveGit({ backend, directory, user: credentials?.username }, request, response)
  })
  const port = await listen(server, options.port ?? 0)
  server.unref()
  const url = `http://127.0.0.1:${port}`
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  const bringUp = async () => {
    outage = undefined
    server.closeAllConnections()
    if (!server.listening) await listen(server, port)
  }
  return {
    ...{ url, directory, bringUp, requests: () => requests },
    createRepository: (name) => createRepository({ directory, url, name }),
    requireCredentials: (wanted) => {
      credentials = wanted
    },
    takeDown: async (how = 'refuse') => {
      outage = how
      server.closeAllConnections()
      if (how === 'refuse' && server.listening) await close()
    },
    stop: async () => {
      if (server.listening) await close()
      await removeScratch(directory)
    },
  }
}

/** @param {{ directory: string, url: string, name: string }} options @returns {Promise<Repository>} */
async function createRepository({ directory, url, name }) {
  const path = join(directory, `${name}.git`)
  await initRepository(path)
  return {
    ...{ name, path, url: `${url}/${name}.git` },
    commit: (files, message, options) => commitFiles(path, files, { message, ...options }),
    head: (revision = 'HEAD') => runGit(path, ['rev-parse', `${revision}^{commit}`]),
    tag: async (tag, { revision = 'HEAD', message } = {}) => {
      await runGit(path, ['tag', '--force', ...(message ? ['--annotate', '--message', message] : []), tag, revision])
    },
    git: (...args) => runGit(path, args),
  }
}

async function findBackend() {
  const { code, stdout } = await run('git', ['--exec-path'])
  if (code !== 0) throw new Error('git is not on PATH')
  return join(stdout.trim(), 'git-http-backend')
}

/** @param {string | undefined} header @param {Credentials | undefined} credentials */
function mayEnter(header, credentials) {
  if (!credentials) return true
  const wanted = Buffer.from(
    `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`,
  )
  const given = Buffer.from(header ?? '')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** @param {import('node:http').Server} server @param {number} port @returns {Promise<number>} */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
