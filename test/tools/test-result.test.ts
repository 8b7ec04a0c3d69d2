import { describe, expect, it } from 'vitest'
import { countResults, resultLine } from '../../tools/test-result.mjs'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
})

describe('the last line of npm test', () => {
  it.each([
    { case: 'all passed', files: [file('passed', 'passed', 'passed')], code: 0, line: '2 passed, 0 failed' },
    { case: 'one failed', files: [file('failed', 'passed', 'failed')], code: 1, line: '1 passed, 1 failed' },
    {
      case: 'some skipped',
      files: [file('passed', 'passed', 'pending', 'skipped')],
      code: 0,
      line: '1 passed, 0 failed, 2 skipped',
    },
    { case: 'only skipped', files: [file('passed', 'skipped')], code: 0, line: '0 passed, 0 failed, 1 skipped' },
    {
      case: 'a file that could not start',
      files: [file('failed'), file('passed', 'passed')],
      code: 1,
      line: '1 passed, 1 failed',
    },
    {
      case: 'a suite whose setup failed',
      files: [file('failed', 'skipped'), file('failed', 'failed')],
      code: 1,
      line: '0 passed, 2 failed, 1 skipped',
    },
    {
      case: 'an unhandled error beside passed tests',
      files: [file('passed', 'passed')],
      code: 1,
      line: '1 passed, 1 failed',
    },
    { case: 'no tests at all', files: [], code: 0, line: '0 passed, 1 failed' },
  ])('$case: $line', ({ files, code, line }) => {
    expect(resultLine(countResults({ testResults: files }, code))).toBe(line)
  })

  it('no report: one failure', () => expect(resultLine(countResults(null, 139))).toBe('0 passed, 1 failed'))
})
