import { describe, expect, it } from 'vitest'
import { type Problem, problem } from '../../src/core/problem/index.ts'
import { TroubleLog } from '../../src/loop/trouble-log.ts'

function logging(): { lines: string[]; note: (app: { key: string }, problems: readonly Problem[]) => void } {
  const lines: string[] = []
  const line =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const troubles = new TroubleLog()
  const log = { info: line('info'), warn: line('warn') }
  return { lines, note: (app, problems) => troubles.note(app, problems, log) }
}

const web = { key: 'argocd/web' }
const away = problem('HF1001', 'no answer after 1 s', { repository: 'https://git.example/a.git' })

describe('the trouble of an application', () => {
  it('is told when it begins and when it ends, not at each poll', () => {
    const { lines, note } = logging()
    note(web, [away])
    note(web, [{ ...away, message: 'no answer after 2 s' }])
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^warn trouble .*"app":"argocd\/web","code":"HF1001","error":".*no answer after 1 s/)
    note(web, [])
    note(web, [])
    expect(lines.slice(1)).toEqual(['info trouble is over {"app":"argocd/web","codes":["HF1001"],"count":1}'])
  })
  it('begins anew after it ended, and is told of each application', () => {
    const { lines, note } = logging()
    for (const problems of [[away], [], [away]]) note(web, problems)
    note({ key: 'argocd/api' }, [away])
    expect(lines.map((line) => line.split(' {')[0])).toEqual([
      'warn trouble',
      'info trouble is over',
      'warn trouble',
      'warn trouble',
    ])
  })
  it('is told by the first few where many objects are refused', () => {
    const { lines, note } = logging()
    note(
      web,
      Array.from({ length: 8 }, (_, n) => problem('HF4005', 'refused', { object: `ConfigMap prod/c${n}` })),
    )
    expect(lines).toHaveLength(6)
    expect(lines.at(-1)).toBe('warn more trouble {"app":"argocd/web","more":3}')
  })
})
