export { DirectClient } from './direct-client.js'
export type { DirectDelivery } from './direct-delivery.js'
export type { DirectOptions } from './direct-options.js'
export { resolverOverHttps, systemResolver, type DirectResolver, type MxAnswer } from './direct-resolver.js'
