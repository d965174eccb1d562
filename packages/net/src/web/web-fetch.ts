import { ApiError } from '@posthorn/ground'
import type { WebOptions } from './web-options.js'

/** `webRequest` behind the interface of `fetch`. */
export function webFetch(options: WebOptions = {}): typeof fetch {
  void options
  return () => Promise.reject(new ApiError('web.broken', 'not there yet', { outcome: 'transient', phase: 'connect' }))
}
