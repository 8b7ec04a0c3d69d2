import { expect, test } from 'vitest'
import type { KubeObject } from '../../src/core/kube/index.ts'
import { type Projects, takeDefinition } from '../../src/loop/definitions.ts'
import { newApp } from '../../src/loop/state.ts'

const PROJECTS: Projects = { used: false, byName: new Map(), marks: new Map() }

function application(annotations: Record<string, string>): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'argocd', annotations },
    spec: {
      project: 'default',
      destination: { server: 'https://kubernetes.default.svc' },
      source: { repoURL: 'https://git.example/a.git', path: '.' },
    },
  } as unknown as KubeObject
}

test('a mistake that decides nothing is news all the same, and so is its end', () => {
  const app = newApp('argocd/app')
  const take = (annotations: Record<string, string>): boolean =>
    takeDefinition(app, application(annotations), PROJECTS).changed
  expect(take({})).toBe(true)
  expect(take({})).toBe(false)
  const mistaken = { 'holdfast.dev/takeover': '[{decision: accept, managr: helm}]' }
  expect(take(mistaken)).toBe(true)
  expect(app.definitionProblems.map(({ message }) => message).join()).toContain('managr')
  expect(take(mistaken)).toBe(false)
  expect(take({})).toBe(true)
})
