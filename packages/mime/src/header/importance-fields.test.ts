import { describe, expect, it } from 'vitest'
import type { Draft } from '../draft.js'
import { importanceFields } from './importance-fields.js'

const written = (draft: Partial<Draft>) =>
  importanceFields({ from: 'a@example.com', ...draft })
    .split('\r\n')
    .slice(0, -1)

describe('importanceFields', () => {
  it('[part of ipworks.prop.Priority] [part of beyondtrust.general.Priority] writes Priority alone for the names of RFC 2156', () => {
    expect(written({})).toEqual([])
    expect(written({ priority: 'normal' })).toEqual(['Priority: normal'])
    expect(written({ priority: 'urgent' })).toEqual(['Priority: urgent'])
    expect(written({ priority: 'non-urgent' })).toEqual(['Priority: non-urgent'])
  })

  it('writes for high and low what every reader shows', () => {
    expect(written({ priority: 'high' })).toEqual(['X-Priority: 1', 'Priority: urgent', 'Importance: high'])
    expect(written({ priority: 'low' })).toEqual(['X-Priority: 5', 'Priority: non-urgent', 'Importance: low'])
  })

  it('[part of ipworks.prop.Importance] [part of beyondtrust.general.Importance] writes Importance in lower case', () => {
    for (const importance of ['high', 'normal', 'low'] as const)
      expect(written({ importance })).toEqual([`Importance: ${importance}`])
  })

  it('[part of ipworks.prop.Sensitivity] [part of beyondtrust.general.Sensitivity] writes Sensitivity as RFC 2156 spells it', () => {
    expect(written({ sensitivity: 'personal' })).toEqual(['Sensitivity: Personal'])
    expect(written({ sensitivity: 'private' })).toEqual(['Sensitivity: Private'])
    expect(written({ sensitivity: 'company-confidential' })).toEqual(['Sensitivity: Company-Confidential'])
  })

  it('lets what is said expressly win over what the priority brings along', () => {
    expect(written({ priority: 'high', importance: 'low', xPriority: 2 })).toEqual([
      'X-Priority: 2',
      'Priority: urgent',
      'Importance: low',
    ])
    for (const xPriority of [1, 2, 3, 4, 5] as const)
      expect(written({ xPriority })).toEqual([`X-Priority: ${xPriority}`])
  })

  it('writes Auto-Submitted (RFC 3834)', () => {
    for (const autoSubmitted of ['no', 'auto-generated', 'auto-replied', 'auto-notified'] as const)
      expect(written({ autoSubmitted })).toEqual([`Auto-Submitted: ${autoSubmitted}`])
  })

  it.each([
    ['priority', 'draft.priority'],
    ['importance', 'draft.importance'],
    ['xPriority', 'draft.x-priority'],
    ['sensitivity', 'draft.sensitivity'],
    ['autoSubmitted', 'draft.auto-submitted'],
  ])('refuses any other %s', (field, code) => {
    for (const value of [
      '',
      'HIGH',
      'toString',
      '__proto__',
      'high\r\nX-Injected: yes',
      0,
      6,
      1.5,
      '1',
      null,
      true,
      {},
      ['high'],
    ]) {
      expect(() => written({ [field]: value })).toThrow(expect.objectContaining({ name: 'SettingsError', code, field }))
    }
  })
})
