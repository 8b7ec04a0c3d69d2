// Whose render runs when, what it shares, and when it is given up.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { LatestRequests } from '../../../src/adapters/source/render/latest.ts'
import { Turns } from '../../../src/adapters/source/turns.ts'
import { HoldfastError, problem } from '../../../src/core/problem/index.ts'
import { configMap, namesOf, problemOf } from './support/bench.ts'
import { type EngineBench, engineBench, gate, planOf, renderWith } from './support/engine.ts'

let bench: EngineBench
beforeEach(async () => {
  bench = await engineBench()
})
afterEach(() => bench.end())

const toolFailed = (): HoldfastError => new HoldfastError(problem('HF1009', 'open base.yaml: no such file'))
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn()
}

describe('one render for all who ask', () => {
  test('requests of the same key share one render', async () => {
    const engine = bench.engine()
    const held = gate()
    let runs = 0
    const plan = planOf({
      run: async () => {
        runs += 1
        await held.opened
        return configMap('a')
      },
    })
    const asked = Array.from({ length: 50 }, () => renderWith(engine, plan))
    held.open()
    const renders = await Promise.all(asked)
    expect(runs).toBe(1)
    expect(new Set(renders.map(({ digest }) => digest)).size).toBe(1)
  })
  test('it goes on for as long as one of them waits, and ends when the last has gone', async () => {
    const engine = bench.engine()
    const began = gate()
    const stopped = gate()
    let aborted = 0
    const script = 'process.stdout.write("kind:"); setInterval(() => {}, 1000)'
    const tool = await bench.tool('endless', script)
    const plan = planOf({
      tools: [tool],
      run: async (work) => {
        began.open()
        return work.call(tool, { args: [] }).finally(() => {
          aborted += 1
          stopped.open()
        })
      },
    })
    const [first, second] = [new AbortController(), new AbortController()]
    const asked = [first, second].map(({ signal }) => renderWith(engine, plan, { signal }))
    const results = Promise.allSettled(asked)
    await began.opened
    first.abort(new Error('left'))
    await expect(asked[0]).rejects.toThrow('left')
    expect(aborted).toBe(0)
    second.abort(new Error('left too'))
    await stopped.opened
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(aborted).toBe(1)
  })
  test('who asks after the last has gone gets a render of its own', async () => {
    const engine = bench.engine()
    const controller = new AbortController()
    const held = gate()
    let runs = 0
    const plan = planOf({
      run: async () => {
        runs += 1
        if (runs === 1) await held.opened
        return configMap('a')
      },
    })
    const first = renderWith(engine, plan, { signal: controller.signal })
    while (runs === 0) await nextTurn()
    controller.abort(new Error('left'))
    await expect(first).rejects.toThrow('left')
    expect(namesOf(await renderWith(engine, plan))).toEqual(['a'])
    held.open()
  })
  test('a signal that is aborted already starts nothing', async () => {
    let runs = 0
    const plan = planOf({
      run: async () => {
        runs += 1
        return ''
      },
    })
    const signal = AbortSignal.abort(new Error('gone'))
    await expect(renderWith(bench.engine(), plan, { signal })).rejects.toThrow('gone')
    expect(runs).toBe(0)
  })
  test('the end of the engine ends what runs', async () => {
    const engine = bench.engine()
    const tool = await bench.tool('endless', 'setInterval(() => {}, 1000)')
    const began = gate()
    const plan = planOf({
      tools: [tool],
      run: (work) => {
        began.open()
        return work.call(tool, { args: [] })
      },
    })
    const asked = problemOf(renderWith(engine, plan))
    await began.opened
    await engine.close()
    expect(await asked).toMatchObject({ code: 'HF1009', message: expect.stringContaining('ending') })
  })
})

describe('turns', () => {
  /** Each render holds its slot until it is let go; `order` says who began. */
  const scene = (slots: number, spare = 0) => {
    const queue = new Turns({ slots, spare })
    const order: string[] = []
    const held: (() => void)[] = []
    const ask = (repository: string, name: string, signal = new AbortController().signal): Promise<string> =>
      queue.run(repository, signal, async () => {
        order.push(name)
        const { opened, open } = gate()
        held.push(open)
        await opened
        return name
      })
    const letGo = async (): Promise<void> => {
      held.shift()?.()
      await turns()
    }
    return { ask, letGo, order }
  }
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `r${index}`)
  test('a repository with many waiting renders delays the only one of another by one render', async () => {
    const { ask, letGo, order } = scene(1)
    const many = names(500).map((name) => ask('https://git.example/big', name))
    const single = ask('https://git.example/small', 'small')
    await letGo()
    await letGo()
    expect(order).toEqual(['r0', 'r1', 'small'])
    await letGo()
    expect(await single).toBe('small')
    for (let left = 499; left > 0; left -= 1) await letGo()
    expect(await Promise.all(many)).toEqual(names(500))
  })
  test('no more at once than the limit says, and none fewer', async () => {
    const { ask, letGo, order } = scene(3)
    const asked = names(13).map((name, index) => ask(`https://git.example/${index % 4}`, name))
    expect(order).toHaveLength(3)
    for (let begun = 4; begun <= 13; begun += 1) {
      await letGo()
      expect(order).toHaveLength(begun)
    }
    for (let left = 3; left > 0; left -= 1) await letGo()
    expect(await Promise.all(asked)).toEqual(names(13))
  })
  test('a repository that takes every slot with slow renders does not hold up the first one of another', async () => {
    const { ask, letGo, order } = scene(2, 1)
    void names(5).map((name) => ask('https://git.example/slow', name))
    expect(order).toEqual(['r0', 'r1'])
    const others = ['a', 'b'].map((name) => ask('https://git.example/other', name))
    // One at once, on top of the slots; the next in its turn.
    expect(order).toEqual(['r0', 'r1', 'a'])
    void ask('https://git.example/third', 'c')
    expect(order).toEqual(['r0', 'r1', 'a'])
    await letGo()
    expect(order).toEqual(['r0', 'r1', 'a', 'c'])
    for (let left = 7; left > 0; left -= 1) await letGo()
    expect(await Promise.all(others)).toEqual(['a', 'b'])
  })
  test('one that is given up while it waits never runs', async () => {
    const { ask, letGo, order } = scene(1)
    const controller = new AbortController()
    const asked = [
      ask('https://git.example/a', 'first'),
      ask('https://git.example/a', 'second', controller.signal),
      ask('https://git.example/a', 'third'),
    ]
    controller.abort(new Error('superseded'))
    await expect(asked[1]).rejects.toThrow('superseded')
    await letGo()
    await letGo()
    await Promise.allSettled(asked)
    expect(order).toEqual(['first', 'third'])
  })
  test('one that fails makes room for the next', async () => {
    const queue = new Turns({ slots: 1, spare: 0 })
    const { signal } = new AbortController()
    const failing = queue.run('a', signal, async () => Promise.reject(new Error('broken')))
    const next = queue.run('a', signal, async () => 'next')
    await expect(failing).rejects.toThrow('broken')
    expect(await next).toBe('next')
  })
})

describe('the newest request of an application counts', () => {
  const work = (signal: AbortSignal): Promise<string> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  test('an older one for something else is given up', async () => {
    const latest = new LatestRequests()
    const older = problemOf(latest.run({ asker: 'argocd/web', what: 'a', signal: undefined }, work))
    const newer = latest.run({ asker: 'argocd/web', what: 'b', signal: undefined }, async () => 'done')
    expect(await older).toMatchObject({ code: 'HF1009', subject: { app: 'argocd/web' } })
    expect(await newer).toBe('done')
  })
  test('one for the same, and those of others, go on', async () => {
    const latest = new LatestRequests()
    const held = gate()
    const run = (asker: string, what: string) =>
      latest.run({ asker, what, signal: undefined }, async (signal) => {
        await held.opened
        signal.throwIfAborted()
        return what
      })
    const all = [run('argocd/web', 'a'), run('argocd/web', 'a'), run('argocd/shop', 'b')]
    held.open()
    expect(await Promise.all(all)).toEqual(['a', 'a', 'b'])
  })
  test('the caller’s own signal counts too', async () => {
    const controller = new AbortController()
    const asked = new LatestRequests().run({ asker: 'x', what: 'a', signal: controller.signal }, work)
    controller.abort(new Error('mine'))
    await expect(asked).rejects.toThrow('mine')
  })
})

describe('files that a plan did not name', () => {
  const scene = () => {
    const runs: string[] = []
    const wide = planOf({
      files: { 'a.yaml': 'a', 'base.yaml': 'b' },
      run: async () => {
        runs.push('wide')
        return configMap('w')
      },
    })
    const narrow = planOf({
      files: { 'a.yaml': 'a' },
      wider: async () => wide,
      run: async () => {
        runs.push('narrow')
        throw toolFailed()
      },
    })
    return { runs, narrow, wide }
  }
  test('the wider plan is tried before a failure is believed, and remembered over a restart', async () => {
    const { runs, narrow } = scene()
    const engine = bench.engine()
    const first = await renderWith(engine, narrow)
    expect(namesOf(first)).toEqual(['w'])
    expect(first.how.files).toEqual(['a.yaml', 'base.yaml'])
    await renderWith(engine, narrow)
    expect(runs).toEqual(['narrow', 'wide'])
    await engine.close()
    expect((await renderWith(bench.engine(), narrow)).how.from).toBe('disk')
    expect(runs).toEqual(['narrow', 'wide'])
  })
  test('when that fails too, its failure is told', async () => {
    const wide = planOf({
      files: { 'more.yaml': 'a' },
      parts: ['wide'],
      run: async () => {
        throw new HoldfastError(problem('HF1009', 'really broken'))
      },
    })
    const narrow = planOf({ wider: async () => wide, run: async () => Promise.reject(toolFailed()) })
    expect((await problemOf(renderWith(bench.engine(), narrow))).message).toBe('really broken')
  })
  test('a wider plan that reads no more is not run', async () => {
    const wide = planOf({ parts: ['wide'], run: async () => Promise.reject(new Error('not run')) })
    const narrow = planOf({ wider: async () => wide, run: async () => Promise.reject(toolFailed()) })
    const said = await problemOf(renderWith(bench.engine(), narrow))
    expect(said).toEqual(toolFailed().problem)
  })
  test('a limit that was met is believed at once', async () => {
    const narrow = planOf({
      wider: async () => {
        throw new Error('not asked')
      },
      run: async () => Promise.reject(new HoldfastError(problem('HF1010', 'too large'))),
    })
    expect((await problemOf(renderWith(bench.engine(), narrow))).code).toBe('HF1010')
  })
})

describe('renders that are not repeatable', () => {
  const changing = (values: readonly string[]) => {
    let run = 0
    return planOf({
      run: async () => {
        const value = values[run] ?? ''
        run += 1
        return `${configMap('same')}---\n${configMap('token', value)}`
      },
    })
  }
  test('a fresh render that differs is HF1014 and names the fields, never their values', async () => {
    const engine = bench.engine()
    const plan = changing(['hunter2', 'correct-horse'])
    expect((await renderWith(engine, plan)).problems).toEqual([])
    const { problems } = await renderWith(engine, plan, { fresh: true })
    expect(problems).toMatchObject([{ code: 'HF1014', message: expect.stringContaining('ConfigMap token .data.key') }])
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|correct-horse|same \./)
  })
  test('one that was evicted meanwhile names the object', async () => {
    const engine = bench.engine({ limits: { cacheBytes: 0, diskCacheBytes: 0 } })
    const plan = changing(['one', 'two'])
    await renderWith(engine, plan)
    const { problems } = await renderWith(engine, plan)
    expect(problems).toMatchObject([{ code: 'HF1014', message: expect.stringContaining('ConfigMap token changed') }])
  })
  test('one of an earlier process is known from the disk', async () => {
    const plan = changing(['one', 'two'])
    const engine = bench.engine()
    await renderWith(engine, plan)
    await engine.close()
    const { problems } = await renderWith(bench.engine(), plan, { fresh: true })
    expect(problems).toMatchObject([{ code: 'HF1014' }])
  })
  test('one that is the same is not', async () => {
    const engine = bench.engine()
    const plan = changing(['one', 'one', 'one'])
    await renderWith(engine, plan)
    const { problems, how } = await renderWith(engine, plan, { fresh: true })
    expect(problems).toEqual([])
    expect(how.from).toBe('render')
    expect((await renderWith(engine, plan)).how.from).toBe('memory')
  })
})
