// Lets the thread run straight from the TypeScript sources (tests, development); the build does not need it.
import { register } from 'tsx/esm/api'

register()
await import('./read-thread.ts')
