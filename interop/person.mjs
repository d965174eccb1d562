// A person with a browser, as far as the pages of oidc-provider need one: follows redirects, keeps cookies, fills in forms.
import { request } from 'node:http'
import { URLSearchParams } from 'node:url'

const MAX_STEPS = 20

/**
 * Opens this address and does what the pages ask for, until there is nothing more to fill in.
 * @returns the text of the last page
 */
export async function goThrough(address, user) {
  const cookies = new Map()
  let url = address
  let filled
  for (let step = 0; step < MAX_STEPS; step++) {
    const { status, location, page } = await open(url, filled, cookies)
    filled = undefined
    if (location !== undefined) {
      url = new URL(location, url).href
      continue
    }
    if (status >= 400) throw new Error(`${url} answered ${status}: ${page.slice(0, 300)}`)
    const form = firstForm(page)
    if (form === undefined) return page
    url = new URL(form.action, url).href
    filled = new URLSearchParams({
      ...form.fields,
      ...('login' in form.fields ? { login: user, password: 'any' } : {}),
    })
  }
  throw new Error(`no end after ${MAX_STEPS} pages`)
}

function open(url, filled, cookies) {
  return new Promise((resolve, reject) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const sent = request(url, {
      agent: false, // no connection is left behind
      method: filled ? 'POST' : 'GET',
      headers: { cookie, ...(filled ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
    })
    sent.once('error', reject)
    sent.once('response', (response) => {
      for (const line of response.headers['set-cookie'] ?? []) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
        cookies.set(name, value)
      }
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const page = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode, location: response.headers.location, page })
      })
    })
    sent.end(filled?.toString())
  })
}

/** The form of a page, without what gives up. */
function firstForm(page) {
  const [, attributes, content] = /<form([^>]*)>(.*?)<\/form>/s.exec(page) ?? []
  if (attributes === undefined) return undefined
  const fields = {}
  for (const [, input] of content.matchAll(/<(?:input|button)([^>]*)>/g)) {
    const name = attribute(input, 'name')
    if (name !== undefined && name !== 'abort') fields[name] = attribute(input, 'value') ?? ''
  }
  return { action: attribute(attributes, 'action') ?? '', fields }
}

function attribute(tag, name) {
  return new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`).exec(tag)?.[1].replaceAll('&amp;', '&')
}
