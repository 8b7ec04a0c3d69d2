import { expect, test } from 'vitest'
import { problem } from '../../../src/core/problem/index.ts'
import { describeProblem } from '../../../src/core/record/index.ts'

const subject = {
  ...{
    repository: 'https://git.example/a.git',
    revision: '0123456789abcdef0123456789abcdef01234567',
    path: 'charts/web',
  },
  ...{ file: 'charts/web/templates/x.yaml', line: 5 },
}

test.each([
  [
    'names the file and the line, the repository and the commit',
    problem('HF1009', 'Error: nil pointer', subject, 'Mend it.'),
    'HF1009: Error: nil pointer (charts/web/templates/x.yaml:5, https://git.example/a.git at 0123456789ab). Mend it.',
  ],
  [
    'says nothing twice',
    problem('HF1004', 'charts/web is no directory of https://git.example/a.git at 0123456789ab', {
      repository: subject.repository,
      revision: subject.revision,
    }),
    'HF1004: charts/web is no directory of https://git.example/a.git at 0123456789ab. Check spec.source.path: the directory must exist in this revision.',
  ],
  [
    'a repository without a revision',
    problem('HF1005', 'authentication failed', { repository: 'https://git.example/a.git' }, 'Look.'),
    'HF1005: authentication failed (https://git.example/a.git). Look.',
  ],
  [
    'a file of this machine',
    problem('HF1003', 'a.yaml:3: no', { file: 'a.yaml', line: 3 }, 'Mend it.'),
    'HF1003: a.yaml:3: no. Mend it.',
  ],
])('%s', (_, told, expected) => {
  expect(describeProblem(told)).toBe(expected)
})
