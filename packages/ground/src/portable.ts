// What runs in a browser, too.
export * from './error.js'
export { nearName } from './near-name.js'
export * from './reply.js'
export * from './secret.js'
