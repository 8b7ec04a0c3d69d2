// Plain directories: the manifests as they lie there, and what Jsonnet programs among them yield.
import { HoldfastError, problem, type Problem } from '../../../core/problem/index.ts'
import { type InputFile, inputsFrom } from '../files/input-file.ts'
import { TooLargeError } from '../files/trees.ts'
import type { SourceLimits } from '../limits.ts'
import { type JsonnetPlan, planJsonnet } from './jsonnet.ts'
import { listManifests } from './listing.ts'
import type { Planner, RenderContext, RenderPlan, Texts } from './plan.ts'
import { type FileText, SKIP_MARK } from './read-files.ts'
import { textOf } from './text.ts'
import type { Workspace } from './workspace.ts'

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

interface Listed extends InputFile {
  readonly kind: 'manifest' | 'jsonnet'
}

interface Evaluation {
  readonly files: readonly Listed[]
  readonly jsonnet: JsonnetPlan
  readonly limits: SourceLimits
}

/** Manifests and what programs yield, in the order of the files. */
async function evaluated({ files, jsonnet, limits }: Evaluation, work: Workspace): Promise<Texts> {
  const { texts: read, problems } = await readTexts(files, limits)
  const programs = new Set(files.filter(({ kind }) => kind === 'jsonnet').map(({ path }) => path))
  const texts: FileText[] = []
  for (const text of read) {
    if (!programs.has(text.file)) texts.push(text)
    else if (!text.text.includes(SKIP_MARK)) {
      const made = await jsonnet.evaluate(work, text.file)
      if (made !== null) texts.push(made)
    }
  }
  return { texts, problems }
}

async function listed({ source, files, place, limits, settings }: RenderContext): Promise<{
  readonly inputs: readonly Listed[]
  readonly problems: readonly Problem[]
}> {
  const { trees, root } = files
  const listing = await listManifests({ trees, root, limits }, place, source.directory)
  const wanted = listing.files.filter(({ kind }) => kind === 'manifest' || settings.enabled.jsonnet)
  const inputs = inputsFrom(trees, wanted).map((input, index) => ({
    ...input,
    kind: wanted[index]?.kind ?? 'manifest',
  }))
  return { inputs, problems: listing.problems }
}

export const planDirectory: Planner = async (context) => {
  const { limits } = context
  const { inputs, problems } = await listed(context)
  const plain: RenderPlan = {
    ...{ type: 'Directory', files: inputs, parts: [], tools: [], problems },
    run: () => readTexts(inputs, limits),
  }
  const programs = inputs.filter(({ kind }) => kind === 'jsonnet')
  if (programs.length === 0) return plain
  const jsonnet = await planJsonnet(context, programs)
  const here = new Set(inputs.map(({ path }) => path))
  return {
    ...plain,
    files: [...inputs, ...jsonnet.files.filter(({ path }) => !here.has(path))],
    parts: jsonnet.parts,
    tools: [jsonnet.tool],
    run: (work) => evaluated({ files: inputs, jsonnet, limits }, work),
  }
}
