// Records the Go oracle's answers, so that the tests compare with them where there is no Go:
//   (cd tools/oracle && go build -o /tmp/oracle .) && npx tsx test/merge/record.ts /tmp/oracle
import { mkdirSync, writeFileSync } from 'node:fs'
import { generatedRequests } from './requests.ts'
import { ask } from './oracle.ts'

const binary = process.argv[2]
if (binary === undefined) throw new Error('usage: record.ts ORACLE-BINARY')
const requests = generatedRequests({ seed: 20, count: 40 })
const answers = ask(binary, requests)
const folder = new URL('../cases/merge/', import.meta.url)
mkdirSync(folder, { recursive: true })
const lines = requests.map((request, index) => JSON.stringify({ request, answer: answers[index] }))
writeFileSync(new URL('generated.jsonl', folder), `${lines.join('\n')}\n`)
