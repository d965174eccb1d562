import { resolve } from 'node:path'
import {
  flagValues,
  layered,
  proxyValues,
  SETTINGS,
  unknownSetting,
  valueFromText,
  valuesOf,
  type Layer,
  type SettingValue,
} from '@posthorn/settings'
import { profileFromUrl, SettingsError, type ProfileTerms } from 'posthorn'
import { layersOver, ProfileFolder, profileLayers, type LoadedProfile } from 'posthorn/profiles'
import { usageError } from './usage-error.js'

/** The flags that say which way mail goes out; those that stand for settings are declared with the settings and are here by their attributes. */
export interface WayFlags {
  readonly profile?: string
  readonly site?: string
  readonly server?: string
  readonly proxy?: string
  readonly oauth2?: string
  /** `path=value`, for any setting. */
  readonly set?: readonly string[]
}

/** The flags that say what is shown. */
export interface OutputFlags {
  readonly trail?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

/** A way out with everything that was said about it, and what it takes to use it. */
export interface ChosenWay extends LoadedProfile {
  readonly terms: ProfileTerms
}

/**
 * The way out: the server of `--server` or POSTHORN_SERVER, else the profile of `--profile` or POSTHORN_PROFILE, else the active one; over it
 * the site, the environment, and the other flags.
 * @throws {SettingsError} `usage.flag`, `settings.*`
 */
export async function chosenWay(flags: WayFlags, env: NodeJS.ProcessEnv): Promise<ChosenWay> {
  if (flags.server !== undefined && flags.profile !== undefined)
    throw usageError('--server', 'and --profile exclude each other', 'Give one of them.')
  const found = await wayLayers(flags, env)
  const way = { ...found, ...layered(found.layers) }
  return { ...way, terms: { directory: found.directory, env } }
}

/** The layers of the chosen way, before they are judged as a whole. @throws {SettingsError} `usage.flag`, `settings.*` */
export async function wayLayers(
  flags: WayFlags,
  env: NodeJS.ProcessEnv,
): Promise<Pick<LoadedProfile, 'name' | 'layers' | 'file' | 'directory'>> {
  const values = [...(await valuesOfFlags(flags))]
  const server = flags.server ?? (flags.profile === undefined ? env['POSTHORN_SERVER'] : undefined)
  if (server !== undefined && server !== '') {
    const base: Layer = {
      origin: 'file',
      place: flags.server === undefined ? 'POSTHORN_SERVER' : '--server',
      values: profileFromUrl(server),
    }
    return {
      name: 'server',
      layers: layersOver([base], { env, flags: values }),
      file: undefined,
      directory: process.cwd(),
    }
  }
  const found = await profileLayers(flags.profile, { site: flags.site, env, flags: values })
  if (found.file === undefined && !saysWhere(found.layers)) {
    const kept = await new ProfileFolder().list()
    throw usageError(
      '--server',
      'is missing',
      kept.length === 0
        ? 'Say which server: --server smtp://user@relay.example, or set POSTHORN_SERVER; posthorn profile import FILE takes a configuration you have.'
        : 'Say which profile: --profile NAME, or make one the active one: posthorn profile use NAME.',
    )
  }
  return found
}

/** Without a server nothing else that is said can be used. */
function saysWhere(layers: readonly Layer[]): boolean {
  return layers.some(({ values }) =>
    [...(Symbol.iterator in values ? values : valuesOf(values))].some(
      ([path]) => path === 'relay.host' || path === 'transport',
    ),
  )
}

async function valuesOfFlags(flags: WayFlags): Promise<SettingValue[]> {
  const oauth2 = flags.oauth2 === undefined ? [] : (await import('./oauth2-flag.js')).valuesOfTokenFile(flags.oauth2)
  return [
    ...oauth2,
    ...(flags.proxy === undefined ? [] : proxyValues(flags.proxy, '--proxy')),
    ...valuesOfSettingFlags(flags as Readonly<Record<string, unknown>>),
    ...(flags.set ?? []).map(assigned),
  ]
}

function valuesOfSettingFlags(flags: Readonly<Record<string, unknown>>): SettingValue[] {
  try {
    return [...flagValues(flags, (path) => resolve(path))]
  } catch (error) {
    if (!(error instanceof SettingsError && error.field.startsWith('--'))) throw error
    const problem = error.message.slice(`${error.field}: `.length)
    throw usageError(error.field, problem, error.hint ?? 'Correct the value.')
  }
}

/** `path=value` of `--set`. @throws {SettingsError} `usage.flag`, `settings.*` */
export function assigned(text: string): SettingValue {
  const equals = text.indexOf('=')
  if (equals < 1) throw usageError('--set', 'must be setting=value', 'Write --set pool.maxConnections=4.')
  const setting = SETTINGS.get(text.slice(0, equals))
  if (!setting) {
    const { path, problem, fix } = unknownSetting(text.slice(0, equals))
    throw usageError(`--set ${path}`, problem, fix)
  }
  return [setting.path, valueFromText(setting, text.slice(equals + 1))]
}
