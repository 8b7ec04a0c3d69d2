// Kustomizations: built by the tool from exactly the files that they read.
import { inputsFrom } from '../files/input-file.ts'
import { kustomizeClosure } from './kustomize-closure.ts'
import type { Planner } from './plan.ts'

export const planKustomize: Planner = async ({ files, place, limits, tools }) => {
  const { trees, root } = files
  const closure = await kustomizeClosure({ trees, root, limits }, place)
  const tool = await tools.find('kustomize')
  return {
    type: 'Kustomize',
    files: inputsFrom(trees, closure.files),
    parts: [place.path],
    tools: [tool],
    problems: [],
    run: async (work) => {
      const text = await work.call(tool, { args: ['build', '.'], cwd: place.path.join('/') })
      const file = [...place.path, 'kustomization.yaml'].join('/')
      return { texts: [{ file, text, lines: 'none' }], problems: [] }
    },
  }
}
