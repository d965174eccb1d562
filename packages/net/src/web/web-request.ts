import { ApiError } from '@posthorn/ground'
import type { WebOptions, WebRequest, WebResponse } from './web-options.js'

/** One HTTP request. */
export function webRequest(request: WebRequest, options: WebOptions = {}): Promise<WebResponse> {
  void options
  return Promise.reject(
    new ApiError('web.broken', `${request.url} cannot be asked for yet`, { outcome: 'transient', phase: 'connect' }),
  )
}
