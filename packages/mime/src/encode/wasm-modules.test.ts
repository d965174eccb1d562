import { expect, it } from 'vitest'
import { base64Module } from './base64.wasm.js'
import { quotedPrintableModule } from './quoted-printable.wasm.js'
import { wasmExports } from '@posthorn/ground'

it('gives what a module exports', () => {
  expect(Object.keys(wasmExports(base64Module) ?? {})).toEqual(['memory', 'encode'])
  expect(Object.keys(wasmExports(quotedPrintableModule) ?? {})).toEqual(['memory', 'column', 'taken', 'encode'])
})

it('gives undefined for a module that this machine does not understand', () => {
  expect(wasmExports('')).toBeUndefined()
  expect(wasmExports(`${base64Module.slice(0, 40)}////${base64Module.slice(44)}`)).toBeUndefined()
})
