import type { Identity } from '@posthorn/certificate'
export { StoreType } from './store-type.js'

/** A certificate. */
export class Certificate {
  get identity(): Promise<Identity | undefined> {
    return Promise.resolve(undefined)
  }

  get der(): Buffer | undefined {
    return undefined
  }

  get isEmpty(): boolean {
    return true
  }

  get hasKeyOnly(): boolean {
    return false
  }

  static ofDer(der: Uint8Array): Certificate {
    void der
    return new Certificate()
  }
}
