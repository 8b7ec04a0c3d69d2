// The thread's side of `readFiles`.
import { parentPort, workerData } from 'node:worker_threads'
import { type FileText, readForThread } from './read-files.ts'

for (const file of workerData as readonly FileText[]) parentPort?.postMessage(readForThread(file))
