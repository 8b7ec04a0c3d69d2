import { describe, expect, test } from 'vitest'
import { IndexError, versionsOf } from '../../../src/adapters/source/charts/index-file.ts'

const DIGEST = 'a'.repeat(64)
const version = (text: string): { version: string; urls: string[]; digest: string } => ({
  version: text,
  urls: [`app-${text}.tgz`],
  digest: `sha256:${DIGEST}`,
})
const read = (text: string, chart = 'app'): ReturnType<typeof versionsOf> => versionsOf(Buffer.from(text), chart)

const item = (text: string): string =>
  `  - annotations:\n      version: 9.9.9\n      urls: |\n        - nothing\n    apiVersion: v2\n    description: |-\n      version: 8.8.8\n\n      - version: 7.7.7\n    digest: ${DIGEST}\n    name: app\n    urls:\n    - app-${text}.tgz\n    version: ${text}\n`

describe('index.yaml', () => {
  test.each<[string, string]>([
    [
      'as helm writes it',
      `apiVersion: v1\nentries:\n  other:\n${item('5.0.0')}  app:\n${item('1.0.0')}${item('1.1.0')}  zzz:\n${item('6.0.0')}generated: "2026"\n`,
    ],
    ['with names in quotes', `entries:\n  "app":\n${item('1.0.0')}${item('1.1.0')}`],
    ['indented further', `entries:\n    app:\n${`${item('1.0.0')}${item('1.1.0')}`.replace(/^(?=.)/gm, '    ')}`],
    ['with Windows line ends', `entries:\n  app:\n${item('1.0.0')}${item('1.1.0')}`.replaceAll('\n', '\r\n')],
    ['as JSON', JSON.stringify({ entries: { app: [version('1.0.0'), version('1.1.0')] } })],
    [
      'in flow style',
      `entries: {app: [{version: 1.0.0, urls: [app-1.0.0.tgz], digest: ${DIGEST}}, {version: 1.1.0, urls: [app-1.1.0.tgz], digest: ${DIGEST}}]}`,
    ],
  ])('%s', (_, text) => {
    expect(read(text)).toEqual([version('1.0.0'), version('1.1.0')])
  })

  test('entries without a version or an address do not count', () => {
    expect(read('entries:\n  app:\n  - version: 1.0.0\n  - urls: [x]\n  - {}\n  - 5\n')).toEqual([])
  })

  test('a chart that is not there', () => {
    expect(read(`entries:\n  app:\n${item('1.0.0')}`, 'ap')).toBeNull()
    expect(read('entries: {}')).toBeNull()
    expect(read('entries: {}', '__proto__')).toBeNull()
  })

  test.each(['', 'entries: 5', '[]', 'entries: [}', '<html></html>', '\u0000'])('what is no index: %j', (text) => {
    expect(() => read(text)).toThrow(IndexError)
  })

  test('thirty megabytes are read for one chart in a moment', () => {
    const other = Array.from({ length: 400 }, (_, chart) => `  c${chart}:\n${item('1.0.0').repeat(300)}`).join('')
    const text = Buffer.from(`apiVersion: v1\nentries:\n${other}  app:\n${item('1.0.0')}`)
    expect(text.length).toBeGreaterThan(25_000_000)
    const before = performance.now()
    expect(versionsOf(text, 'app')).toEqual([version('1.0.0')])
    expect(performance.now() - before).toBeLessThan(1_500)
  })
})
