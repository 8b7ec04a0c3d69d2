// `diff` of an Application whose sources do not answer: that is what is reported, and no object.
// requirements: [S002-42]
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { HoldfastError, type ProblemCode, problem } from '../../../src/core/problem/index.ts'
import { addDiff, type DiffServices } from '../../../src/surfaces/cli/diff.ts'

async function diff(code: ProblemCode, ...args: string[]): Promise<{ out: string; exit: number }> {
  const said = { out: '', exit: -1 }
  const io = {
    out: (text: string) => void (said.out += text),
    err: () => {},
    exit: (status: number) => void (said.exit = status),
  }
  const services = {
    io,
    version: 'test',
    exists: (path: string) => path === './web',
    diff: async () => {
      const subject = { app: 'argocd/web', repository: 'https://git.example/a.git' }
      throw new HoldfastError(problem(code, 'https://git.example/a.git: no answer', subject))
    },
  }
  const program = new Command()
  addDiff(program, services as unknown as DiffServices, 'what differs')
  await program.parseAsync(['diff', ...args], { from: 'user' })
  return said
}

describe('holdfast diff of an Application whose host is down', () => {
  it('tells the class and whose it is, and no object', async () => {
    const { out, exit } = await diff('HF1001', 'web')
    expect(exit).toBe(2)
    expect(out).toContain('error HF1001')
    expect(out).toContain('delivery-failure (source, GitUnreachable), owner: controller and infrastructure')
    expect(out).toContain('0 objects: 0 in sync, 0 out of sync, 0 unknown')
  })
  it('is a report for programs as well', async () => {
    const { out, exit } = await diff('HF1001', 'web', '-o', 'json')
    const { objects, problems, context } = JSON.parse(out)
    expect([exit, objects, context]).toEqual([2, [], { app: 'argocd/web' }])
    expect(problems).toMatchObject([{ code: 'HF1001', delivery: { class: 'delivery-failure', failure: 'source' } }])
  })
  it('is one too of an Application of a file, which has no name yet', async () => {
    const { out } = await diff('HF1001', '--app', 'app.yaml', '-o', 'json')
    const { context, problems } = JSON.parse(out)
    expect([context, problems[0].delivery.reason]).toEqual([{}, 'GitUnreachable'])
  })
  it.each([
    ['HF1001', './web'],
    ['HF7004', 'web'],
  ] as const)('%s of %s ends as any other failure', async (code, subject) => {
    await expect(diff(code, subject)).rejects.toMatchObject({ problem: { code } })
  })
})
