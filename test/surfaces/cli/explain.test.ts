// requirements: [S001-08, S001-40, S002-03, S002-05, S002-36, S002-262, S002-264, S002-285]
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Command } from 'commander'
import { HoldfastError, problem } from '../../../src/core/problem/index.ts'
import type { DiffRequest } from '../../../src/surfaces/cli/diff.ts'
import { addTakeover, type ResponsibilityServices } from '../../../src/surfaces/cli/responsibility.ts'
import { nearKinds } from '../../../src/surfaces/cli/near-kinds.ts'
import { matchesKind } from '../../../src/surfaces/cli/short-names.ts'
import { command } from './command.ts'

const cwd = fileURLToPath(new URL('../../cases/explain/lab', import.meta.url))
const files = ['--desired', 'git', '--live', 'live']
const run = (...args: string[]) => command([...args, ...files], { cwd, env: { KUBECONFIG: '/dev/null' }, now: 0 })

describe('holdfast explain', () => {
  it('tells the four parts in their order, and what the rule says', async () => {
    const { out, exit } = await run('explain', 'deploy/checkout-api')
    expect(exit).toBe(1)
    const order = [
      'declared git/d.yaml:1',
      'live     live',
      'ask ',
      'limits.memory',
      'left to HorizontalPodAutoscaler checkout-api',
    ]
    const at = order.map((text) => out.indexOf(text))
    expect(at.every((place) => place >= 0)).toBe(true)
    expect(at).toEqual(at.toSorted((a, b) => a - b))
    expect(out).toContain('because  an autoscaler that targets this workload')
    expect(out).toContain('missing  audit log, events (OOM kills, scaling), incidents')
  })
  it('tells one field', async () => {
    const { out } = await run('explain', 'deployments.apps/checkout-api/spec/replicas')
    expect(out).toContain('.spec.replicas: 3 → 9')
    expect(out).not.toContain('limits.memory')
  })
  it('tells nothing but that field, and ends by it', async () => {
    const memory = await run('explain', 'deploy/checkout-api/spec/template/spec/containers')
    expect(memory.exit).toBe(1)
    expect(memory.out).toContain('limits.memory')
    expect(memory.out).not.toContain('.spec.replicas')
    const selector = await run('explain', 'deploy/checkout-api/spec/selector')
    expect(selector.exit).toBe(0)
    expect(selector.out).toContain('note     nothing differs at /spec/selector')
    expect(selector.out).not.toContain('left to')
  })
  it('fits one line', async () => {
    const { out } = await run('explain', 'deployment/checkout-api', '-o', 'compact')
    expect(out.split('\n')).toHaveLength(2)
    expect(out).toContain('"512Mi" → "2Gi" by unknown')
  })
  it('is a document, with the rules that are named', async () => {
    const { out } = await run('explain', 'deploy/checkout-api', '-o', 'json')
    const told = JSON.parse(out)
    expect(told.kind).toBe('Explanation')
    const [object] = told.objects
    const autoscaled = object.ignored.find(({ path }: { path: string }) => path === '.spec.replicas')
    expect(autoscaled).toMatchObject({ class: 'controller-managed', intended: true })
    expect(object.fields.map(({ cause }: { cause: { intended: boolean } }) => cause.intended)).toEqual([false, false])
    expect(told.rules.map(({ id }: { id: string }) => id)).toContain('builtin/autoscaled-replicas')
  })
  it('says what is not there', async () => {
    const { err, exit } = await run('explain', 'svc/nobody')
    expect([exit, err]).toEqual([2, 'HF7003: svc/nobody is not among the objects compared\n'])
  })
})

describe('holdfast app takeover', () => {
  it('names an Application that cannot be answered for, and answers for the others', async () => {
    const said = { out: '', err: '', exit: -1 }
    const io = {
      out: (text: string) => void (said.out += text),
      err: (text: string) => void (said.err += text),
      exit: (code: number) => void (said.exit = code),
    }
    const services = {
      io,
      appNames: async () => ['argocd/away', 'argocd/web'],
      diff: async ({ target }: DiffRequest) => {
        if (target.kind === 'app' && target.name === 'away')
          throw new HoldfastError(problem('HF1001', 'https://git.example/away.git: no answer'))
        return { objects: [], problems: [] }
      },
    }
    const app = new Command()
    addTakeover(app, services as unknown as ResponsibilityServices)
    await app.parseAsync(['takeover'], { from: 'user' })
    expect(said.exit).toBe(2)
    expect(said.out).toContain('argocd/web: 0 to heal')
    expect(said.err).toMatch(/^argocd\/away: HF1001: https:\/\/git\.example\/away\.git: no answer/)
  })
})

describe('holdfast owners and inventory', () => {
  it('says whose each field is, and how that is known', async () => {
    const { out } = await run('owners')
    expect(out).toMatch(/\.spec\.replicas +HorizontalPodAutoscaler checkout-api +builtin\/autoscaled-replicas/)
  })
  it('classes what differs, and says what the inventory lacks', async () => {
    const { out, err } = await run('inventory')
    expect(out).toMatch(
      /\/spec\/replicas +HorizontalPodAutoscaler checkout-api +Expected controller-managed drift +Ignore this exact field/,
    )
    expect(out).toMatch(
      /memory +Git review process +Harmful configuration drift +Investigate before sync because capacity/,
    )
    expect(out).toMatch(/\/status +Kubernetes controllers +Expected runtime status +Exclude from comparison/)
    expect(err).toContain('0 of at least 1 orphan')
  })
})

describe('a kind that there is none of', () => {
  const given = [{ group: 'shop.example.com', kind: 'Storefront' }]
  it.each([
    ['dply', ['deploy (Deployment)']],
    ['deplyoment', ['Deployment']],
    ['svcc', ['svc (Service)']],
    ['ingres', ['Ingress']],
    ['storefrnt', ['Storefront']],
    ['storefronts', []],
    ['deployments', []],
    ['sts', []],
    ['zebra', []],
    ['', []],
  ])('%s → %j', (written, near) => expect(nearKinds(written, given)).toEqual(near))
  it('is answered with what may be meant', async () => {
    const { err, exit } = await run('explain', 'dply/checkout-api')
    expect(exit).toBe(2)
    expect(err).toContain('no kind is called dply; did you mean deploy/checkout-api (Deployment)?')
  })
})

describe('a kind as people write it', () => {
  const deployment = { kind: 'Deployment', group: 'apps' }
  it.each([
    ['deploy', true],
    ['Deployment', true],
    ['deployments', true],
    ['deployments.apps', true],
    ['deployments.v1.apps', true],
    ['deployments.extensions', false],
    ['sts', false],
    ['constructor', false],
  ])('%s → %s', (written, fits) => expect(matchesKind(written, deployment)).toBe(fits))
  it('knows plurals in ies and es', () => {
    expect(matchesKind('networkpolicies', { kind: 'NetworkPolicy', group: 'networking.k8s.io' })).toBe(true)
    expect(matchesKind('ingresses', { kind: 'Ingress', group: 'networking.k8s.io' })).toBe(true)
  })
})
