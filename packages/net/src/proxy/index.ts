export { findProxy } from './find/find-proxy.js'
export { throughProxy } from './through-proxy.js'
