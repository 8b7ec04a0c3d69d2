// Audit logs that a single question names: read once, whole.
import { resolve } from 'node:path'
import { readAuditLog } from '../adapters/audit-log/index.ts'
import { FactIndex, Imprinter, readAuditEvent } from '../core/audit/index.ts'
import { HoldfastError, problem } from '../core/problem/index.ts'
import type { FactsOf } from '../loop/inspector.ts'

/** null: no log is named. Throws HF7006 where one cannot be read or holds no event. */
export async function factsOfFiles(
  files: readonly string[] = [],
  { cwd, digestKey }: { readonly cwd: string; readonly digestKey: string },
): Promise<FactsOf | null> {
  if (files.length === 0) return null
  const imprinter = new Imprinter(digestKey)
  const index = new FactIndex()
  for (const file of files) {
    let events = 0
    let garbage = 0
    await readAuditLog(resolve(cwd, file), (line) => {
      const reading = readAuditEvent(line, { imprinter, wants: () => true })
      if (reading.kind === 'garbage') garbage += 1
      else events += 1
      if (reading.kind === 'fact') index.add(reading.fact, { wanted: true, now: 0 })
    })
    if (events === 0 && garbage > 0)
      throw new HoldfastError(
        problem('HF7006', `${file} holds no audit event: one JSON object of audit.k8s.io/v1 on each line is expected`, {
          file,
        }),
      )
  }
  return (ref, resource) => {
    const at = { group: ref.group, resource, namespace: ref.namespace, name: ref.name }
    return {
      facts: index.of(at),
      collections: index.collectionsOf(at),
      // Which requests were its own no other process remembers.
      isOurs: ({ manager, userAgent }) => manager === 'holdfast' && userAgent.startsWith('holdfast/'),
      imprinter,
    }
  }
}
