// Records the Go oracle's answers, so that the tests compare with them where there is no Go:
//   (cd tools/oracle && go build -o /tmp/oracle .) && npx tsx test/merge/record.ts /tmp/oracle
// Those about objects of a real server (real.jsonl) are recorded by its own suite, with HOLDFAST_MERGE_RECORD=yes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { generatedRequests } from './requests.ts'
import { ask, type Request } from './oracle.ts'
import { emptyRequests } from './real-objects.ts'

const binary = process.argv[2]
if (binary === undefined) throw new Error('usage: record.ts ORACLE-BINARY')
const folder = new URL('../cases/merge/', import.meta.url)
mkdirSync(folder, { recursive: true })

function record(name: string, requests: readonly Request[]): void {
  const answers = ask(binary as string, requests)
  const lines = requests.map((request, index) => JSON.stringify({ request, answer: answers[index] }))
  writeFileSync(new URL(name, folder), `${lines.join('\n')}\n`)
}

record('generated.jsonl', generatedRequests({ seed: 20, count: 40 }))
record('empty.jsonl', emptyRequests())
