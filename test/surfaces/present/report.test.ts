import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import {
  driftExitCode,
  driftReport,
  problemSeverity,
  type DriftReport,
  type ReportObject,
} from '../../../src/core/record/index.ts'
import { CATALOGUE, problem, type ProblemCode } from '../../../src/core/problem/index.ts'
import { presentReport, REPORT_FORMATS, type ReportFormat } from '../../../src/surfaces/cli/present/index.ts'
import { expectGolden } from './golden.ts'
import { deployment, field, REPORTS } from './reports.ts'

const present = (report: DriftReport, format: ReportFormat, detail: 'normal' | 'verbose' = 'normal'): string =>
  presentReport(report, { format, detail, color: 'never', version: '0.1.0' })
const reportOf = (name: string): DriftReport => {
  const report = REPORTS[name]
  if (!report) throw new Error(`no report ${name}`)
  return report
}

/** Everything a terminal or a reader could be fooled by; the report's own line ends excepted. */
const DANGEROUS =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/u

describe.each(Object.keys(REPORTS))('%s', (name) => {
  it.each(REPORT_FORMATS)('as %s', (format) => {
    const text = present(reportOf(name), format)
    if (!(name === 'hostile' && (format === 'json' || format === 'yaml'))) expectGolden(`${name}/${format}`, text)
    expect(text.search(DANGEROUS)).toBe(-1)
    expect(text.endsWith('\n')).toBe(true)
  })

  it('as verbose text', () => {
    const text = present(reportOf(name), 'text', 'verbose')
    expectGolden(`${name}/verbose`, text)
    expect(text.search(DANGEROUS)).toBe(-1)
  })

  it('says the same in JSON and YAML, whatever the values are', () => {
    const plain = (key: string, value: unknown): unknown =>
      typeof value === 'bigint' ? Number(value) : key === '__proto__' ? undefined : value
    const expected: unknown = JSON.parse(JSON.stringify(reportOf(name), plain))
    const withoutProto = (text: string): unknown =>
      JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value))
    expect(withoutProto(present(reportOf(name), 'json'))).toEqual(expected)
    expect(withoutProto(JSON.stringify(load(present(reportOf(name), 'yaml'))))).toEqual(expected)
  })
})

describe('hostile content', () => {
  it('keeps integers of any size as digits', () => {
    for (const format of ['json', 'yaml', 'text'] as const)
      expect(present(reportOf('hostile'), format)).toContain('9007199254740993')
  })

  it('stands only in code in Markdown, with no tag but our own', () => {
    const tags = /<details(?: open)?>|<\/details>|<\/?summary>|<\/?code>/g
    const outside = present(reportOf('hostile'), 'markdown')
      .replace(/(?<!`)(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '')
      .replace(tags, '')
    expect(outside).not.toMatch(/<|@|\[|alert|\|/)
  })

  it('makes no markup in XML', () => {
    const tags = present(reportOf('hostile'), 'junit').match(/<[^>]*>/g) ?? []
    expect(tags.every((tag) => /^<\/?(\?xml|testsuites?|testcase|failure|error|system-out)[\s/>?]/.test(tag))).toBe(
      true,
    )
  })

  it('makes no link and no path outside the repository in SARIF', () => {
    const { runs } = JSON.parse(present(reportOf('hostile'), 'sarif')) as {
      runs: {
        results: {
          message: { text: string }
          locations: { physicalLocation?: { artifactLocation: { uri: string } } }[]
        }[]
      }[]
    }
    for (const { message, locations } of runs[0]?.results ?? []) {
      expect(message.text).not.toMatch(/(?<!\\)\[/)
      for (const { physicalLocation } of locations)
        expect(physicalLocation?.artifactLocation.uri ?? '/').not.toMatch(/\.\.|^\/|\s/)
    }
  })
})

/** What code scanning refuses a whole file for. */
it.each(Object.keys(REPORTS))('%s: every SARIF result has a known rule, a level, a message and a file', (name) => {
  interface Sarif {
    readonly version: string
    readonly runs: readonly {
      readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly { readonly id: string }[] } }
      readonly results: readonly {
        readonly ruleId: string
        readonly level: string
        readonly message: { readonly text: string }
        readonly locations: readonly {
          readonly physicalLocation: {
            readonly artifactLocation: { readonly uri: string }
            readonly region?: { readonly startLine: number }
          }
        }[]
      }[]
    }[]
  }
  const { version, runs } = JSON.parse(present(reportOf(name), 'sarif')) as Sarif
  expect(version).toBe('2.1.0')
  expect(runs).toHaveLength(1)
  for (const { tool, results } of runs) {
    const rules = tool.driver.rules.map(({ id }) => id)
    expect(new Set(rules).size).toBe(rules.length)
    for (const { ruleId, level, message, locations } of results) {
      expect(rules).toContain(ruleId)
      expect(['error', 'warning', 'note']).toContain(level)
      expect(message.text).not.toBe('')
      expect(locations.length).toBeGreaterThan(0)
      for (const { physicalLocation } of locations) {
        expect(physicalLocation.artifactLocation.uri).not.toBe('')
        expect(physicalLocation.region?.startLine ?? 1).toBeGreaterThan(0)
      }
    }
  }
})

it('cuts huge values and says how long they are', () => {
  const text = present(reportOf('hostile'), 'text')
  expect(text).toContain('…" (1,048,576 characters)')
  expect(text.length).toBeLessThan(20_000)
})

it('fits a Markdown comment of 65,536 characters and counts what does not', () => {
  const objects = Array.from({ length: 3_000 }, (_, index): ReportObject => {
    const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'prod', name: `c${index}` }
    return deployment({ ref, fields: [field({ path: '.data.a', desired: 'x'.repeat(500), live: '`'.repeat(500) })] })
  })
  const problems = objects.map(({ ref }) => problem('HF5001', `${ref.name} ${'p'.repeat(300)}`, { object: ref.name }))
  const text = present(driftReport({ objects, problems, include: 'different' }), 'markdown')
  expect(text.length).toBeLessThan(65_536)
  expect(text).toMatch(/… [\d,]+ more objects not shown here/)
  expect(text).toMatch(/… [\d,]+ more problems not shown here/)
})

it('colours only when it is told to', () => {
  const coloured = presentReport(reportOf('changed'), {
    format: 'text',
    detail: 'normal',
    color: 'always',
    version: '0.1.0',
  })
  expect(coloured).toContain('\u001b[')
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(present(reportOf('changed'), 'text'))
})

describe('the report', () => {
  it('is the same whatever the order of its parts', () => {
    const { objects, problems } = reportOf('whole-objects')
    const again = driftReport({
      objects: objects.toReversed(),
      problems: problems.map(({ severity, ...rest }) => rest).toReversed(),
      include: 'all',
    })
    expect(again).toEqual(reportOf('whole-objects'))
  })

  it('counts objects in sync that it does not list', () => {
    expect(reportOf('changed').summary).toEqual({ objects: 3, inSync: 2, outOfSync: 1, unknown: 0, fields: 5 })
    expect(reportOf('changed').objects).toHaveLength(1)
  })
})

describe('exit code', () => {
  it.each<[string, number]>([
    ['clean', 0],
    ['changed', 1],
    ['secret', 1],
    ['whole-objects', 2],
    ['hostile', 2],
  ])('%s: %d', (name, code) => {
    expect(driftExitCode(reportOf(name))).toBe(code)
  })

  it.each<[ProblemCode, number]>([
    ['HF3001', 0],
    ['HF5002', 0],
    ['HF6001', 0],
    ['HF7001', 0],
    ['HF1001', 2],
    ['HF1003', 2],
    ['HF3002', 2],
    ['HF4001', 2],
    ['HF5001', 2],
    ['HF7004', 2],
  ])('with %s alone: %d', (code, expected) => {
    expect(driftExitCode(driftReport({ objects: [], problems: [problem(code, 'm')], include: 'all' }))).toBe(expected)
  })

  it('is decided for every code of the catalogue', () => {
    for (const code of Object.keys(CATALOGUE) as ProblemCode[])
      expect(['error', 'warning']).toContain(problemSeverity(code))
  })
})
