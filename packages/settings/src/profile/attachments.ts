import { z } from 'zod'
import { group, line, setting } from './parts.js'

/** Which files drafts may attach. */
export const attachments = group({
  files: setting(z.enum(['all', 'below', 'none']), {
    says: 'Which files a draft may name: all that the process can read, those below `attachments.basePath`, or none.',
    effect: 'message',
    default: '(`all`, with a base path `below`)',
    from: ['runmyjobs.registry.AccessiblePath'],
  }),
  basePath: setting(line(4096), {
    says: 'The folder they must lie in once links and `..` are resolved; relative names start there.',
    effect: 'message',
    holds: 'path',
    from: ['runmyjobs.registry.AccessiblePath'],
  }),
  onMissing: setting(z.enum(['fail', 'skip', 'note']), {
    says: 'When a file is missing or out of bounds: refuse the draft, send without the file, or send without it and say so at the end of the text.',
    effect: 'message',
    default: 'fail',
    from: ['runmyjobs.registry.AttachmentError'],
  }),
})
