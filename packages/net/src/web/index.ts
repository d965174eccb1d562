export { webFetch } from './web-fetch.js'
export * from './web-options.js'
export { webRequest } from './web-request.js'
