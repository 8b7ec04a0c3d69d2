import { describe, expect, it } from 'vitest'
import { Orphans, type OrphansTools } from '../../src/loop/orphans.ts'
import { FakeClock } from '../adapters/kube-http/support/fake-clock.ts'

describe('orphans', () => {
  it('are looked for soon when an application comes, also under the name of one that went', async () => {
    const clock = new FakeClock()
    let looks = 0
    const apps = (): [] => {
      looks += 1
      return []
    }
    const orphans = new Orphans({ deps: { clock, log: { warn() {} }, reader: {} }, apps } as unknown as OrphansTools)
    const looked = async (): Promise<boolean> => {
      const before = looks
      clock.advance(2_000)
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
      return looks > before
    }
    orphans.met('web')
    expect(await looked()).toBe(true)
    orphans.met('web')
    expect(await looked()).toBe(false)
    orphans.parted('argocd/web', 'web')
    orphans.met('web')
    expect(await looked()).toBe(true)
    orphans.stop()
  })
})
