import { describeFolders } from './case-folders.ts'

describeFolders('inventory')
