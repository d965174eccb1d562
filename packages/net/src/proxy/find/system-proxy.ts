import { SettingsError } from '@posthorn/ground'
import { execFile } from 'node:child_process'
import type { ProxyOptions } from '../../options.js'
import { bypassRule } from './bypass.js'
import type { Environment, ProxyUse } from './environment.js'
import { parseMacosProxy } from './macos-proxy.js'
import { INTERNET_SETTINGS, parseWindowsProxy } from './windows-proxy.js'

/** What an operating system says about its proxy. */
export interface SystemProxy {
  readonly proxy?: ProxyOptions
  /** True when a script (PAC) is to choose the proxy; it is not run. */
  readonly script: boolean
}

/** Where this process runs; tests bring their own. */
export interface Surroundings {
  readonly platform: NodeJS.Platform
  readonly env: Environment
  /** The output of a program. */
  readonly run: (file: string, args: readonly string[], signal: AbortSignal) => Promise<string>
}

export const surroundings = (): Surroundings => ({ platform: process.platform, env: process.env, run })

/** Windows and macOS go to the machine itself without a proxy, whatever their lists say. */
const LOOPBACK = ['localhost', '127.0.0.0/8', '::1']

/** A few dozen lines are usual. */
const MAX_OUTPUT_OCTETS = 1_000_000

/**
 * The proxy in the settings of Windows (of the current user) or macOS, told by the tool each brings; undefined on other systems.
 * @throws {SettingsError} `settings.proxy-system` when the tool fails: not knowing the proxy is no leave to go without
 */
export async function systemProxy(
  use: ProxyUse,
  signal: AbortSignal,
  { platform, env, run }: Surroundings,
): Promise<SystemProxy | undefined> {
  try {
    const found = await ask()
    if (!found?.proxy) return found
    const readable = (found.proxy.bypass ?? []).filter((entry) => bypassRule(entry) !== undefined)
    return { ...found, proxy: { ...found.proxy, bypass: [...readable, ...LOOPBACK] } }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SettingsError) throw error
    throw new SettingsError('settings.proxy-system', 'proxy', 'the proxy settings of the system cannot be read', {
      cause: error,
      hint: "Name the proxy as an object or a URL, or use 'environment' or 'none'.",
    })
  }

  async function ask(): Promise<SystemProxy | undefined> {
    if (platform === 'win32') {
      const reg = `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\reg.exe` // by its path: nothing else is to be run by that name
      return parseWindowsProxy(await run(reg, ['query', INTERNET_SETTINGS], signal), use)
    }
    if (platform === 'darwin') return parseMacosProxy(await run('/usr/sbin/scutil', ['--proxy'], signal), use)
    return undefined
  }
}

function run(file: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { signal, windowsHide: true, maxBuffer: MAX_OUTPUT_OCTETS }, (error, output) => {
      if (error) reject(new Error(error.message, { cause: error }))
      else resolve(output)
    })
  })
}
