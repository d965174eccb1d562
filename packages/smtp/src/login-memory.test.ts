import type { Mechanism, Strength } from '@posthorn/sasl'
import { describe, expect, it } from 'vitest'
import { LoginMemory } from './login-memory.js'

const strengths: Record<string, Strength> = { 'SCRAM-SHA-256': 'mutual', 'DIGEST-MD5': 'mutual', 'CRAM-MD5': 'hash' }
const named = (name: string): Mechanism => {
  const strength = strengths[name] ?? 'cleartext'
  return { name, strength, oneStep: false, begin: () => null }
}
const all = ['SCRAM-SHA-256', 'DIGEST-MD5', 'CRAM-MD5', 'PLAIN', 'LOGIN'].map(named)
const sorted = (memory: LoginMemory) => memory.sorted(all).map(({ name }) => name)

describe('LoginMemory', () => {
  it('puts what was refused behind what worked, and never a password in the clear before something stronger', () => {
    const memory = new LoginMemory()
    expect(sorted(memory)).toEqual(['SCRAM-SHA-256', 'DIGEST-MD5', 'CRAM-MD5', 'PLAIN', 'LOGIN'])
    memory.succeeded('CRAM-MD5', ['SCRAM-SHA-256', 'DIGEST-MD5'])
    expect(sorted(memory)).toEqual(['CRAM-MD5', 'SCRAM-SHA-256', 'DIGEST-MD5', 'PLAIN', 'LOGIN'])
    memory.succeeded('PLAIN', ['SCRAM-SHA-256'])
    expect(sorted(memory).indexOf('PLAIN')).toBe(3)
  })

  it('asks only the strongest anew when all but the password in the clear was refused', () => {
    const memory = new LoginMemory()
    memory.succeeded('LOGIN', ['SCRAM-SHA-256', 'DIGEST-MD5', 'CRAM-MD5', 'PLAIN'])
    expect(sorted(memory)).toEqual(['SCRAM-SHA-256', 'LOGIN', 'PLAIN'])
    const more = memory.sorted([...all, { ...named('XOAUTH2'), strength: 'token' }])
    expect(more.map(({ name }) => name)).toEqual(['XOAUTH2', 'SCRAM-SHA-256', 'LOGIN', 'PLAIN'])
    memory.failed()
    expect(sorted(memory)).toEqual(['SCRAM-SHA-256', 'DIGEST-MD5', 'CRAM-MD5', 'PLAIN', 'LOGIN'])
  })

  it('forgets a refusal after ten minutes, and at once when the mechanism works', () => {
    let now = 0
    const memory = new LoginMemory(() => now)
    memory.succeeded('CRAM-MD5', ['SCRAM-SHA-256'])
    now = 599_999
    expect(sorted(memory)[0]).toBe('DIGEST-MD5')
    now = 600_000
    expect(sorted(memory)[0]).toBe('SCRAM-SHA-256')
    memory.succeeded('DIGEST-MD5', ['SCRAM-SHA-256'])
    memory.succeeded('SCRAM-SHA-256', [])
    expect(sorted(memory)[0]).toBe('SCRAM-SHA-256')
  })
})
