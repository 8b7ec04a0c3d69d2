// @ts-check
import { join } from 'node:path'
import { serveGit } from './git-http.mjs'
import { commitFiles, initRepository, runGit } from './git-repository.mjs'
import { carries, createWebServer, listenOnLoopback } from './loopback.mjs'
import { run } from './progress.mjs'
import { createScratch, removeScratch } from './scratch.mjs'

/** @typedef {import('./git-repository.mjs').Files} Files */
/** @typedef {import('./git-repository.mjs').CommitOptions} CommitOptions */
/** @typedef {import('./loopback.mjs').Credentials} Credentials */
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
 * @property {(location: string | undefined) => void} redirect from now on every request is sent to `<location><its path>`, or none
 * @property {(name: string) => { looks: number, fetches: number, pushes: number }} traffic of a repository: `looks` are
 *   listings of its refs (a fetch begins with one), `fetches` are packs sent
 * @property {() => readonly string[]} requests `GET /app.git/info/refs?service=git-upload-pack`, …, in order of arrival
 * @property {() => Promise<void>} stop
 */

/**
 * Bare repositories in a temporary folder, served on 127.0.0.1 by git's own `git http-backend`. The folder serves as the
 * root of an ssh server too (`startSshGitServer`).
 * @param {{ credentials?: Credentials, port?: number, tls?: import('./tls.mjs').ServerTls }} [options] `tls`: https instead of http
 * @returns {Promise<GitServer>}
 */
export async function startGitServer(options = {}) {
  const directory = await createScratch('holdfast-git')
  const backend = await findBackend()
  let { credentials } = options
  /** @type {Outage | undefined} */ let outage
  /** @type {string | undefined} */ let location
  /** @type {string[]} */ const requests = []
  const traffic = countTraffic()
  const server = createWebServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (outage === 'hang') return
    if (outage === 'fail') return void response.writeHead(503).end('the Git server is having a bad day\n')
    if (location !== undefined) return void response.writeHead(302, { location: `${location}${request.url}` }).end()
    if (credentials && !carries(request.headers.authorization, credentials)) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
    }
    serveGit({ backend, directory, user: credentials?.username, onPack: traffic.fetched }, request, response)
    traffic.asked(request.url ?? '')
  }, options.tls)
  const port = await listenOnLoopback(server, options.port ?? 0)
  server.unref()
  const url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  const bringUp = async () => {
    outage = undefined
    server.closeAllConnections()
    if (!server.listening) await listenOnLoopback(server, port)
  }
  return {
    ...{ url, directory, bringUp, requests: () => requests, traffic: traffic.of },
    redirect: (wanted) => {
      location = wanted
    },
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

function countTraffic() {
  /** @type {Map<string, { looks: number, fetches: number, pushes: number }>} */ const counts = new Map()
  const of = (/** @type {string} */ name) => counts.get(name) ?? { looks: 0, fetches: 0, pushes: 0 }
  const add = (/** @type {string} */ url, /** @type {'looks' | 'fetches' | 'pushes'} */ what) => {
    const name = /^\/(.+?)(?:\.git)?\/(?:info\/refs|git-(?:upload|receive)-pack)/.exec(decodeURIComponent(url))?.[1]
    if (name !== undefined) counts.set(name, { ...of(name), [what]: of(name)[what] + 1 })
  }
  return {
    of,
    asked: (/** @type {string} */ url) => {
      if (url.endsWith('/info/refs?service=git-upload-pack')) add(url, 'looks')
      if (url.endsWith('/git-receive-pack')) add(url, 'pushes')
    },
    fetched: (/** @type {string} */ url) => add(url, 'fetches'),
  }
}
