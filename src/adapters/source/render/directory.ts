// Plain directories: the manifests as they lie there.
import { HoldfastError, problem, type Problem } from '../../../core/problem/index.ts'
import { type InputFile, inputsFrom } from '../files/input-file.ts'
import { TooLargeError } from '../files/trees.ts'
import type { SourceLimits } from '../limits.ts'
import { listManifests } from './listing.ts'
import type { Planner, Texts } from './plan.ts'
import type { FileText } from './read-files.ts'
import { textOf } from './text.ts'

/** The texts, as far as the limits let them in. Throws HF1010. */
export async function readTexts(files: readonly InputFile[], limits: SourceLimits): Promise<Texts> {
  const texts: FileText[] = []
  const problems: Problem[] = []
  let bytes = 0
  for (const file of files) {
    const { path } = file
    try {
      const content = await file.read()
      bytes += content.length
      if (bytes > limits.renderBytes) {
        const message = `the manifests are larger than ${limits.renderBytes} bytes together`
        throw new HoldfastError(problem('HF1010', message, { file: path }))
      }
      const text = textOf(content)
      if (text === undefined) problems.push(problem('HF1003', `${path} is not UTF-8 text`, { file: path }))
      else texts.push({ file: path, text })
    } catch (error) {
      if (!(error instanceof TooLargeError)) throw error
      const message = `${path} has ${error.size} bytes; a file may have ${limits.fileBytes}`
      problems.push(problem('HF1010', message, { file: path }))
    }
  }
  return { texts, problems }
}

export const planDirectory: Planner = async ({ source, files, place, limits }) => {
  const { trees, root } = files
  const listing = await listManifests({ trees, root, limits }, place, source.directory)
  const inputs = inputsFrom(trees, listing.files)
  return {
    type: 'Directory',
    files: inputs,
    parts: [],
    tools: [],
    problems: listing.problems,
    run: () => readTexts(inputs, limits),
  }
}
