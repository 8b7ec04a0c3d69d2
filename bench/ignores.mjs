// @ts-check
import { tsImport } from 'tsx/esm/api'
import { matchJqPaths, parseJqPath, RuleBook } from '../dist/core/definition/index.js'
import { perCall, round } from './rows.mjs'

/** @typedef {import('./rows.mjs').Row} Row */

const LIMIT_US = 20
const RULES = 10_000

const FORMS = [
  '.spec.replicas',
  '.spec.template.spec.containers[].image',
  '.spec.template.spec.containers[] | select(.name == "app") | .resources.limits.memory',
  '.spec.template.spec.initContainers[]? | select(.name == "proxy")',
  '.metadata.annotations | select(. != null) | with_entries(select(.key | startswith("platform.example.com/injected-")))',
]

/** @returns {Promise<Row[]>} */
export async function measure() {
  const { deployment } = await tsImport('./merge/deployment.ts', import.meta.url)
  const object = deployment()
  return [
    ...FORMS.map((text) => {
      const parsed = parseJqPath(text)
      if ('error' in parsed) throw new Error(parsed.error)
      const us = perCall(() => matchJqPaths(object, [parsed.path]))
      return {
        what: `places of ${text.length > 60 ? `${text.slice(0, 59)}…` : text} in an 11 KB Deployment`,
        value: `${round(us)} µs`,
        budget: `< ${LIMIT_US} µs`,
        kept: us < LIMIT_US,
        detail: { us },
      }
    }),
    ...Object.entries(SCOPES).map(([what, scope]) => lookUp(what, scope)),
  ]
}

/** @type {Record<string, (id: number) => { group?: string, kind?: string, name: string }>} */
const SCOPES = {
  names: (id) => ({ name: `web-${id}` }),
  'globs of names': (id) => ({ name: `web-${id}-*` }),
  'globs of names, any kind': (id) => ({ group: '*', kind: '*', name: `web-${id}-*` }),
}

/** @param {string} what @param {(id: number) => object} scope @returns {Row} */
function lookUp(what, scope) {
  const rules = Array.from({ length: RULES }, (_, id) => ({
    ...{
      id: `rules[${id}]`,
      origin: /** @type {const} */ ('platform'),
      group: 'apps',
      kind: 'Deployment',
      name: '',
      namespace: '',
    },
    ...{
      jsonPointers: [['spec', 'replicas']],
      jqPaths: [],
      managers: [],
      problem: null,
      owner: '',
      reason: '',
      review: '',
    },
    ...scope(id),
  }))
  const book = new RuleBook(rules)
  const at = (/** @type {number} */ id) => ({
    group: 'apps',
    kind: 'Deployment',
    namespace: 'prod',
    name: `web-${id}-x`,
  })
  let id = 0
  const us = perCall(() => book.of(at(id++ % RULES)))
  return {
    what: `find the rules of one object among ${RULES.toLocaleString('en')} by ${what}`,
    value: `${round(us)} µs`,
    detail: { us },
  }
}
