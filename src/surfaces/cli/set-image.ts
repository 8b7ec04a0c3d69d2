// `holdfast set-image`: another image for an application, in Git.
import type { Command } from 'commander'
import type { Candidate, ImageUse, ImageWish } from '../../core/edit/index.ts'
import { parseImageWish } from '../../core/edit/index.ts'
import { HoldfastError, isProblem, toProblem } from '../../core/problem/index.ts'
import { isPath } from './diff.ts'
import type { CliIo } from './io.ts'
import { addConnection, appName, type ConnectOptions, outputOption, usage } from './options.ts'
import { lineText, prettyJson } from './present/index.ts'

export type SetImageTarget =
  | { readonly kind: 'app'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'files'; readonly path: string; readonly app?: string }

export interface SetImageRequest extends ConnectOptions {
  readonly target: SetImageTarget
  readonly wish: ImageWish
  readonly object: string | null
  readonly shared: boolean
  /** `none`: nothing is written. */
  readonly write: 'none' | 'file' | 'commit'
  /** null = one that says what was done. */
  readonly message: string | null
  /** Where to; `branch` null = the one that HEAD is on. */
  readonly push: { readonly branch: string | null } | null
}

export interface SetImageAnswer {
  /** null = nothing had to be changed. The file is named from the top of the work tree. */
  readonly candidate: Pick<Candidate, 'file' | 'changes'> | null
  readonly images: readonly { readonly use: ImageUse; readonly to: string }[]
  readonly commit: string | null
  readonly pushed: { readonly remote: string; readonly branch: string } | null
}

export interface SetImageServices {
  readonly io: CliIo
  exists(path: string): boolean
  setImage(request: SetImageRequest): Promise<SetImageAnswer>
}

interface SetImageOptions extends ConnectOptions {
  readonly output: 'text' | 'json'
  readonly namespace?: string
  readonly app?: string
  readonly object?: string
  readonly shared: boolean
  readonly commit: boolean
  readonly message?: string
  readonly push?: string | true
  readonly dryRun: boolean
}

function targetOf(subject: string, { namespace, app }: SetImageOptions, services: SetImageServices): SetImageTarget {
  if (!isPath(subject, (file) => services.exists(file))) {
    if (app !== undefined) throw usage('--app needs a path: an Application of the cluster has options of its own')
    return { kind: 'app', ...appName(subject, namespace) }
  }
  if (namespace !== undefined) throw usage('-n is the namespace of an Application of the cluster')
  return { kind: 'files', path: subject, ...(app === undefined ? {} : { app }) }
}

function checkCommit({ commit, push, message }: SetImageOptions): void {
  if (push !== undefined && !commit) throw usage('--push needs --commit')
  if (message !== undefined && !commit) throw usage('--message needs --commit')
  if (message?.trim() === '') throw usage('--message is empty')
}

function wishOf(image: string): ImageWish {
  const wish = parseImageWish(image)
  if (isProblem(wish)) throw new HoldfastError(wish)
  return wish
}

function requestOf(
  { subject, image }: { subject: string; image: string },
  options: SetImageOptions,
  services: SetImageServices,
): SetImageRequest {
  const { commit, push, message = null, object = null, shared, dryRun, kubeconfig, context } = options
  checkCommit(options)
  const writes = commit ? 'commit' : 'file'
  return {
    ...{ wish: wishOf(image), object, shared, message },
    target: targetOf(subject, options, services),
    write: dryRun ? 'none' : writes,
    push: push === undefined ? null : { branch: push === true ? null : push },
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  }
}

function json({ candidate, images, commit, pushed }: SetImageAnswer, { write }: SetImageRequest): unknown {
  return {
    apiVersion: 'holdfast.dev/v1alpha1',
    kind: 'ImageChange',
    outcome: candidate === null ? 'unchanged' : 'changed',
    dryRun: write === 'none',
    ...(candidate === null ? {} : { file: candidate.file, changes: candidate.changes }),
    images: images.map(({ use, to }) => ({
      object: use.object,
      path: use.path,
      container: use.container,
      from: use.image,
      to,
    })),
    commit,
    pushed,
    problems: [],
  }
}

function text({ candidate, images, commit, pushed }: SetImageAnswer, { write }: SetImageRequest): string {
  const places = (candidate?.changes ?? []).map(
    ({ line, from, to }) => `${candidate?.file}:${line}: ${from === '' ? '(nothing)' : from} → ${to}`,
  )
  const uses = images.map(({ use, to }) => {
    const what = `${use.object} ${use.container === null ? use.path : `container ${use.container}`}`
    return candidate === null ? `${what} has ${to} already` : `  ${what}: ${use.image} → ${to}`
  })
  const done = [
    ...(candidate !== null && write === 'none' ? ['nothing written (dry run)'] : []),
    ...(commit === null ? [] : [`commit ${commit}`]),
    ...(pushed === null ? [] : [`pushed to ${pushed.remote} ${pushed.branch}`]),
  ]
  return [...places, ...uses, ...done].map((line) => `${lineText(line, 2_000)}\n`).join('')
}

async function runSetImage(
  services: SetImageServices,
  words: { subject: string; image: string },
  options: SetImageOptions,
): Promise<void> {
  const { io } = services
  const isJson = options.output === 'json'
  try {
    const request = requestOf(words, options, services)
    const answer = await services.setImage(request)
    io.out(isJson ? prettyJson(json(answer, request)) : text(answer, request))
    io.exit(0)
  } catch (error) {
    const problem = toProblem(error, 'HF7004')
    if (isJson && problem.code !== 'HF7002')
      io.out(
        prettyJson({
          apiVersion: 'holdfast.dev/v1alpha1',
          kind: 'ImageChange',
          outcome: 'refused',
          problems: [problem],
        }),
      )
    throw error
  }
}

const EXAMPLES = `
Examples:
  holdfast set-image ./overlays/prod app=registry.example/team/app:1.4.2 --commit
  holdfast set-image ./apps/web.yaml app=:1.4.2 --commit --push main
  holdfast set-image web app=registry.example/team/app@sha256:… --dry-run

The source is rendered before and after; nothing is written unless exactly that image changes.
`

export function addSetImage(program: Command, services: SetImageServices): void {
  const command = program
    .command('set-image')
    .description('give an application another image, in a checkout of its source')
    .argument('<path|app>', 'what begins with . or / or exists as a path, or an Application')
    .argument('<image>', 'CONTAINER=REPOSITORY:TAG; the first part may also be the image that is there')
    .addOption(outputOption(['text', 'json'], 'text'))
    .option('-n, --namespace <namespace>', 'of the Application (default argocd)')
    .option('--app <file>', 'an Application whose options hold for the path, and may be changed')
    .option('--object <kind/name>', 'only in this object')
    .option('--shared', 'change a file that others read too', false)
    .option('--commit', 'commit the file', false)
    .option('--message <text>', 'of the commit')
    .option('--push [branch]', 'push the commit; default: the branch that HEAD is on')
    .option('--dry-run', 'write nothing', false)
    .addHelpText('after', EXAMPLES)
  addConnection(command).action((subject: string, image: string, options: SetImageOptions) =>
    runSetImage(services, { subject, image }, options),
  )
}
