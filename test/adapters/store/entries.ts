import type { JournalEntry } from '../../../src/ports/store.ts'

export function entry(changes: Partial<JournalEntry> = {}): JournalEntry {
  return {
    time: '2026-01-01T00:00:00.000Z',
    app: 'argocd/web',
    object: 'apps/Deployment/prod/web',
    action: 'heal',
    paths: ['.spec.replicas'],
    actor: 'kubectl-edit',
    result: 'done',
    because: 'self-heal',
    revision: '0123456789012345678901234567890123456789',
    durationMs: 4.5,
    message: '',
    ...changes,
  }
}
