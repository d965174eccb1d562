import { ApiError } from '@posthorn/ground'
import { deadPort } from '@posthorn/testkit'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { adopt, HOST, plainServer, resolve } from '../../test/server.js'
import { webFetch } from './web-fetch.js'

async function echo(): Promise<string> {
  const server = adopt(
    createServer((request, response) => {
      let body = ''
      request.on('data', (octets: Buffer) => (body += octets.toString()))
      request.on('end', () => {
        if (request.url === '/none') return response.writeHead(204).end()
        if (request.url === '/away') return response.writeHead(302, { location: '/' }).end()
        if (request.url === '/slow') return undefined
        const { method, headers } = request
        return response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ method, headers, body }))
      })
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://${HOST}:${(server.address() as AddressInfo).port}`
}

const ask = webFetch({ resolve })

test('text, URL and Request with init give a Response', async () => {
  const url = await echo()
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const asked = await ask(url, { method: 'POST', body, headers: { 'x-a': 'b' } })
  expect(asked).toBeInstanceOf(Response)
  expect(asked.status).toBe(200)
  expect(await asked.json()).toMatchObject({
    method: 'POST',
    body: 'grant_type=client_credentials',
    headers: { 'x-a': 'b', 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', 'content-length': '29' },
  })
  expect(await (await ask(new URL(url))).json()).toMatchObject({ method: 'GET', body: '' })
  expect(await (await ask(new Request(url, { method: 'PUT', body: 'x' }))).json()).toMatchObject({
    method: 'PUT',
    body: 'x',
  })
})

test.each([600, 999])('a status of %i, which no Response can have, is an error like others', async (status) => {
  const port = await plainServer((socket) =>
    socket.once('data', () => socket.end(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`)),
  )
  const error = await ask(`http://${HOST}:${port}/?token=1`).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ code: 'web.broken', outcome: 'transient' })
  expect((error as Error).message).toBe(`http://${HOST}:${port} answers with ${status}, which is no status of HTTP`)
})

test('no body, and a redirect that is not followed', async () => {
  const url = await echo()
  const none = await ask(`${url}/none`)
  expect([none.status, none.body]).toEqual([204, null])
  const away = await ask(`${url}/away`, { redirect: 'manual' })
  expect([away.status, away.headers.get('location')]).toEqual([302, '/'])
  await expect(ask(`${url}/away`, { redirect: 'error' })).rejects.toThrow('redirects')
})

test('an abort rejects with its reason, a fault of the road with its error', async () => {
  const url = await echo()
  const controller = new AbortController()
  const slow = ask(`${url}/slow`, { signal: controller.signal })
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(slow).rejects.toBe(reason)
  await expect(ask(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  await expect(ask(`http://${HOST}:${await deadPort()}`)).rejects.toMatchObject({ code: 'connect.refused' })
})
