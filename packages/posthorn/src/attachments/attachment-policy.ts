import { isAbsolute, resolve } from 'node:path'
import type { Access } from '@posthorn/mime'
import type { Profile } from '@posthorn/settings'
import type { KeptValues } from '../way/kept-values.js'

/** Which files drafts may attach, and ready messages may be, and what happens to the others. */
export interface AttachmentPolicy {
  readonly access: Access
  /** Where relative names start; undefined: at the working directory. */
  readonly basePath: string | undefined
  readonly onMissing: 'fail' | 'skip' | 'note'
}

/** The policy in a profile; undefined when it says nothing about attachments. */
export function attachmentPolicy({ attachments }: Profile, kept: KeptValues): AttachmentPolicy | undefined {
  if (attachments === undefined || Object.keys(attachments).length === 0) return undefined
  const { files, onMissing = 'fail' } = attachments
  const basePath = attachments.basePath === undefined ? undefined : kept.at(attachments.basePath)
  const kind = files ?? (basePath === undefined ? 'all' : 'below')
  // the rules of a profile see to it that `below` has its folder; whatever is not said clearly allows nothing
  const access: Access =
    kind === 'below' ? { files: basePath === undefined ? 'none' : { below: basePath } } : { files: kind }
  return { access, basePath, onMissing }
}

/** The name of a file, from the folder of the policy; a URL and a whole path stay as they are. */
export function nameFrom(basePath: string | undefined, path: string | URL): string | URL {
  // an empty name is none: it must not become that of the folder
  if (basePath === undefined || typeof path !== 'string' || path === '') return path
  if (/^file:/i.test(path) || isAbsolute(path)) return path
  return resolve(basePath, path)
}
