import { expect, test } from 'vitest'
import { bodyEnd, parseAnswer, staysOpen, valuesOf, type Answer } from './answer.js'

function answer(...lines: string[]): Answer {
  const parsed = parseAnswer(`${lines.join('\r\n')}\r\n\r\n`)
  if (!parsed) throw new Error('not an answer')
  return parsed
}

test('status line and fields, also with LF alone and with folded lines', () => {
  const head =
    'HTTP/1.0 407 Proxy Authentication Required\nProxy-Authenticate: Digest realm="x",\n\tnonce="y"\nA:b\nA: c\n\n'
  const parsed = parseAnswer(head)
  expect(parsed).toMatchObject({ line: 'HTTP/1.0 407 Proxy Authentication Required', minor: 0, status: 407 })
  expect(parsed && valuesOf(parsed, 'proxy-authenticate')).toEqual(['Digest realm="x", nonce="y"'])
  expect(parsed && valuesOf(parsed, 'a')).toEqual(['b', 'c'])
})

test.each(['HTTP/2 200', 'HTTP/1.1 20 x', 'HTTP/1.1  200', '220 mail', 'HTTP/1.1 2000 x', 'http/1.1 200 ok'])(
  '%s is not the head of an answer',
  (line) => {
    expect(parseAnswer(`${line}\r\n\r\n`)).toBeUndefined()
  },
)

test('a reason may be missing', () => {
  expect(parseAnswer('HTTP/1.1 200\r\n\r\n')).toMatchObject({ status: 200 })
})

test('whether the connection stays open', () => {
  expect(staysOpen(answer('HTTP/1.1 407 x'))).toBe(true)
  expect(staysOpen(answer('HTTP/1.0 407 x'))).toBe(false)
  expect(staysOpen(answer('HTTP/1.0 407 x', 'Proxy-Connection: Keep-Alive'))).toBe(true)
  expect(staysOpen(answer('HTTP/1.1 407 x', 'Connection: te, Close'))).toBe(false)
  expect(staysOpen(answer('HTTP/1.1 407 x', 'Proxy-Connection: close'))).toBe(false)
})

test('where the body ends', () => {
  expect(bodyEnd(answer('HTTP/1.1 407 x', 'Content-Length: 10'))).toBe(10)
  expect(bodyEnd(answer('HTTP/1.1 407 x', 'Content-Length: 10, 10'))).toBe(10)
  expect(bodyEnd(answer('HTTP/1.1 407 x', 'Content-Length: 10', 'Content-Length: 11'))).toBe('close')
  expect(bodyEnd(answer('HTTP/1.1 407 x', 'Content-Length: -1'))).toBe('close')
  expect(bodyEnd(answer('HTTP/1.1 407 x', 'Content-Length: 5', 'Transfer-Encoding: Chunked'))).toBe('chunked')
  expect(bodyEnd(answer('HTTP/1.1 407 x', 'Transfer-Encoding: gzip, chunked'))).toBe('close')
  expect(bodyEnd(answer('HTTP/1.1 407 x'))).toBe('close')
  expect(bodyEnd(answer('HTTP/1.1 204 x'))).toBe(0)
})
