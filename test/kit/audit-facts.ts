// What the audit log of a real API server says so far.
import { closeSync, openSync, readSync } from 'node:fs'
import { FactIndex, Imprinter, LineReader, readAuditEvent } from '../../src/core/audit/index.ts'
import { isNewerVersion } from '../../src/core/kube/index.ts'
import type { ObjectFacts } from '../../src/core/classify/index.ts'

export interface At {
  readonly group: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

export class AuditFacts {
  readonly #file: string
  readonly #imprinter = new Imprinter('test')
  readonly #index = new FactIndex()
  readonly #lines: LineReader
  #offset = 0

  constructor(file: string) {
    this.#file = file
    this.#lines = new LineReader(
      (line) => {
        const reading = readAuditEvent(line, { imprinter: this.#imprinter, wants: () => true })
        if (reading.kind === 'fact') this.#index.add(reading.fact, { wanted: true, now: 0 })
      },
      () => {},
    )
  }

  #read(): void {
    const handle = openSync(this.#file, 'r')
    const buffer = Buffer.alloc(1 << 20)
    for (;;) {
      const bytes = readSync(handle, buffer, 0, buffer.length, this.#offset)
      if (bytes === 0) break
      this.#offset += bytes
      this.#lines.push(buffer.subarray(0, bytes))
    }
    closeSync(handle)
  }

  /** Of one object, once the log tells of a write after that version: it is written a moment after the answer. */
  async of(at: At, version: string): Promise<ObjectFacts> {
    const end = Date.now() + 5_000
    for (;;) {
      this.#read()
      const facts = this.#index.of(at)
      if (facts.some(({ resourceVersion }) => isNewerVersion(resourceVersion, version)) || Date.now() > end)
        return {
          facts,
          collections: this.#index.collectionsOf(at),
          isOurs: ({ manager }) => manager === 'holdfast',
          imprinter: this.#imprinter,
        }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
