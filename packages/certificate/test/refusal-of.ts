import { openCertificateStore } from '../src/index.js'
import type { CertificateStoreOptions } from '../src/index.js'

/** What a refusal says; undefined when the store opens. Anything but a SettingsError is passed on. */
export async function refusalOf(
  options: CertificateStoreOptions,
): Promise<{ readonly code: string; readonly message: string; readonly hint: string | undefined } | undefined> {
  try {
    await openCertificateStore(options)
    return undefined
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'SettingsError') throw error
    const { code, message, hint } = error as Error & { code: string; hint: string | undefined }
    return { code, message, hint }
  }
}
