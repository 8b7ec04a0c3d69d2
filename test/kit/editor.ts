// Someone who edits the cluster: a plain HTTP client with a tool name, as kubectl, controllers and scripts are.
import { Agent, request } from 'undici'

export interface EditorOptions {
  readonly url: string
  readonly ca: string
  readonly token: string
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into arbitrary objects
  readonly body: any
}

const PATCH = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

export class Editor {
  readonly #options: EditorOptions
  readonly #agent: Agent

  constructor(options: EditorOptions) {
    this.#options = options
    this.#agent = new Agent({ connect: { ca: options.ca } })
  }

  async send(
    method: string,
    path: string,
    options: { body?: unknown; type?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    const response = await request(new URL(path, this.#options.url), {
      method: method as 'GET',
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#options.token}`,
        'content-type': options.type ?? 'application/json',
        'user-agent': 'editor/1',
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    })
    const text = await response.body.text()
    const isJson = String(response.headers['content-type']).includes('json')
    return { status: response.statusCode, body: isJson ? JSON.parse(text) : text }
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path)
  }

  create(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, { body })
  }

  remove(path: string): Promise<Answer> {
    return this.send('DELETE', path)
  }

  patch(kind: keyof typeof PATCH, path: string, body: unknown, manager = 'kubectl-edit'): Promise<Answer> {
    const query = kind === 'apply' ? `fieldManager=${manager}&force=true` : `fieldManager=${manager}`
    return this.send('PATCH', `${path}?${query}`, { body, type: PATCH[kind] })
  }

  /** Polls until the predicate holds; fails with what was seen last. */
  async until(
    path: string,
    holds: (answer: Answer) => boolean,
    options: { ms?: number; what?: string } = {},
  ): Promise<Answer> {
    const end = Date.now() + (options.ms ?? 15_000)
    for (;;) {
      const answer = await this.get(path)
      if (holds(answer)) return answer
      if (Date.now() > end)
        throw new Error(`${options.what ?? path} did not come about: ${JSON.stringify(answer.body).slice(0, 3_000)}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  async close(): Promise<void> {
    await this.#agent.close()
  }
}
