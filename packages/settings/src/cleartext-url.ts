/** True for an `http:` address of another machine: what is sent there, secrets too, can be read on the way. */
export function isCleartextUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\s*http:/i.test(value)) return false
  try {
    return !LOOPBACK.test(new URL(value).hostname)
  } catch {
    return true
  }
}

/** RFC 6761 6.3, RFC 1122 3.2.1.3, RFC 4291 2.5.3. */
const LOOPBACK = /^(?:(?:.+\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::1\])$/i
