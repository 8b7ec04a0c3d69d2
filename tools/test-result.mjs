// @ts-check

/** @typedef {{ status: string, assertionResults: readonly { status: string }[] }} FileResult */
/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Counts of a vitest JSON report. A file that could not even start is one failure, and so is a run that failed in a way
 * that no test shows (an unhandled error, a crash, no report, no tests): nothing of it was proven.
 * @param {{ testResults: readonly FileResult[] } | null} report
 * @param {number} exitCode of vitest
 * @returns {Counts}
 */
export function countResults(report, exitCode) {
  const files = report?.testResults ?? []
  const tests = files.flatMap(({ assertionResults }) => assertionResults)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const failedTests = tests.filter(({ status }) => status === 'failed').length
  const broken = files.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const failed = failedTests + broken.length
  return {
    passed,
    failed: failed === 0 && (exitCode !== 0 || tests.length === 0) ? 1 : failed,
    skipped: tests.length - passed - failedTests,
  }
}

/** The line that scripts read. @param {Counts} counts */
export function resultLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
