// `.argocd-source.yaml` and `.argocd-source-<app>.yaml`: options that lie in the repository, laid over the Application's.
import { overrideSource, type SourceDefinition } from '../../../core/definition/index.ts'
import { isMap } from '../../../core/kube/index.ts'
import { HoldfastError, problem, type ProblemSubject } from '../../../core/problem/index.ts'
import { readYaml } from '../../../core/yaml/index.ts'
import type { SourceFiles } from '../files/trees.ts'
import type { Directory, Override } from './plan.ts'

function optionsIn(value: unknown): string[] {
  if (!isMap(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    isMap(inner) ? Object.keys(inner).map((option) => `${name}.${option}`) : [name],
  )
}

/** The options in force. The file of one application wins over the file of all. Throws HF1003, HF2001, HF2002. */
export async function withOverrides(
  source: SourceDefinition,
  from: { files: SourceFiles; place: Directory; appName: string; subject: ProblemSubject },
): Promise<{ source: SourceDefinition; overrides: readonly Override[] }> {
  const { trees, root } = from.files
  const overrides: Override[] = []
  let result = source
  for (const name of ['.argocd-source.yaml', `.argocd-source-${from.appName}.yaml`]) {
    const place = await trees.locate(root, [...from.place.path, name])
    if (place.kind === 'outside' || place.kind === 'submodule') {
      const file = [...from.place.path, name].join('/')
      const message = `${file} is a link that leaves the repository`
      throw new HoldfastError(problem('HF1006', message, { ...from.subject, file }))
    }
    if (place.kind !== 'blob') continue
    const file = [...from.place.path, name].join('/')
    const { documents, problems } = readYaml((await trees.blob(place.id)).toString('utf8'), { file })
    if (problems[0] !== undefined) throw new HoldfastError(problems[0])
    const override = documents[0]?.value ?? null
    const read = overrideSource(result, override, { ...from.subject, file })
    if (read.value !== null) result = read.value
    else if (read.problems[0] !== undefined) throw new HoldfastError(read.problems[0])
    overrides.push({ file, options: optionsIn(override) })
  }
  return { source: result, overrides }
}
