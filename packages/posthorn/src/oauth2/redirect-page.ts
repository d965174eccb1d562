import { createHash } from 'node:crypto'
import type { PosthornError } from '@posthorn/ground'

/** What the browser is shown at the end. */
export interface RedirectPage {
  readonly status: 200 | 400 | 404 | 502
  readonly html: string
  /** The value of Content-Security-Policy. */
  readonly policy: string
}

const CLOSE = 'window.close()'
const STYLE = 'body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}'

/** The sign-in is done. Hidden: the window closes, or is empty where the browser does not allow that. */
export function successPage(hidden: boolean): RedirectPage {
  if (!hidden) return page(200, 'Signed in', 'The sign-in is complete. You can close this window.')
  const policy = `default-src 'none'; script-src 'sha256-${sha256(CLOSE)}'; frame-ancestors 'none'`
  return { status: 200, html: `<!doctype html><title></title><script>${CLOSE}</script>`, policy }
}

/** The sign-in failed, and why. Shown in any case. */
export function errorPage({ message, hint, code }: PosthornError): RedirectPage {
  return page(502, 'The sign-in failed', `${message}. ${hint ?? ''} (${code})`)
}

/** A request that is no answer to the sign-in, which goes on. */
export function refusalPage(status: 400 | 404, text: string): RedirectPage {
  return page(status, 'Not accepted', text)
}

function page(status: RedirectPage['status'], title: string, text: string): RedirectPage {
  const html =
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style>` +
    `<h1>${escaped(title)}</h1><p>${escaped(text)}</p></html>`
  const policy = `default-src 'none'; style-src 'sha256-${sha256(STYLE)}'; frame-ancestors 'none'`
  return { status, html, policy }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
