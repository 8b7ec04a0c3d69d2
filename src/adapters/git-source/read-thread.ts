// The thread's side of `readFiles`.
import { parentPort, workerData } from 'node:worker_threads'
import { type FileText, readAll } from './read-files.ts'

parentPort?.postMessage(readAll(workerData as readonly FileText[]))
