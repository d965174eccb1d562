export { chooseMechanisms } from './choose.js'
export * from './credentials.js'
export * from './mechanism.js'
export { ntlmAuthenticate, ntlmNegotiate, type NtlmAuthentication } from './ntlm.js'
