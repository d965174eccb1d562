import { existsSync } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { cwd } from 'node:process'
import { SettingsError } from '@posthorn/ground'
import {
  environmentValues,
  layered,
  valuesOf,
  type Layer,
  type Layered,
  type Profile,
  type SettingValue,
} from '@posthorn/settings'
import { readProfileFile } from '@posthorn/settings/file'
import { ProfileFolder, textOfFile } from './profile-folder.js'

/** What is laid over a profile file. */
export interface LoadOptions {
  /** The code of a site the file says something else for. Default POSTHORN_SITE. */
  readonly site?: string | undefined
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** The last word: what was given on the command line. */
  readonly flags?: Iterable<SettingValue> | undefined
  /** Where profiles are kept; default that of the person, see `defaultProfileFolder`. */
  readonly folder?: string | undefined
}

/** A profile with everything laid over it. */
export interface LoadedProfile extends Layered {
  readonly name: string
  readonly layers: readonly Layer[]
  /** Absent when there is no file, and everything came from the environment and the command line. */
  readonly file: string | undefined
  /** Where relative paths in it start. */
  readonly directory: string
}

/** What is used when a person has no profile: programs that call sendmail(8) run as anybody. */
const MACHINE_PROFILE = '/etc/posthorn/profile.yaml'

/**
 * A profile by its name in the folder of profiles, or by the path of its file (with a `/`, or ending in .yaml, .yml or .json). Without
 * either: POSTHORN_PROFILE, else the active one, else /etc/posthorn/profile.yaml; without any the environment and the flags alone must do.
 * Defaults < file < site < environment < flags.
 * @throws {SettingsError} `settings.no-profile`, `settings.no-site`, `settings.file`, `settings.file-format`, `settings.*`
 */
export async function loadProfile(nameOrFile?: string, options: LoadOptions = {}): Promise<LoadedProfile> {
  const found = await profileLayers(nameOrFile, options)
  return { ...found, ...layered(found.layers) }
}

/** The layers of a profile before they are judged as a whole. @throws {SettingsError} as `loadProfile` */
export async function profileLayers(
  nameOrFile: string | undefined,
  { site, env = process.env, flags = [], folder }: LoadOptions,
): Promise<Omit<LoadedProfile, keyof Layered>> {
  const asked = nameOrFile ?? env['POSTHORN_PROFILE']
  const { name, file } = await placeOf(asked === '' ? undefined : asked, new ProfileFolder(folder))
  const layers: Layer[] = []
  if (file !== undefined) layers.push(...(await fileLayers(file, site ?? env['POSTHORN_SITE'])))
  return {
    name,
    layers: layersOver(layers, { env, flags }),
    file,
    directory: file === undefined ? cwd() : dirname(file),
  }
}

/**
 * Puts the environment and the command line over what is there. POSTHORN_PASSWORD is meant for whoever logs in with a password: it is left
 * out where nobody logs in, where a token is used, and where a password is given on the command line.
 * @throws {SettingsError} `settings.environment`, `settings.value`
 */
export function layersOver(
  base: readonly Layer[],
  {
    env,
    flags,
  }: {
    readonly env: Readonly<Record<string, string | undefined>>
    readonly flags: Iterable<SettingValue>
  },
): Layer[] {
  const given = [...flags]
  const said = new Map([...base, { values: given }].flatMap(({ values }) => pairsOf(values)))
  const variables = [...environmentValues({ ...env, POSTHORN_PASSWORD: undefined })]
  const paths = new Set([...said.keys(), ...variables.map(([path]) => path)])
  const password = env['POSTHORN_PASSWORD']
  const logsInByToken = paths.has('credentials.accessToken') || [...paths].some((path) => path.startsWith('oauth2.'))
  if (password !== undefined && password !== '' && paths.has('credentials.user') && !logsInByToken)
    variables.push(['credentials.password', 'env:POSTHORN_PASSWORD'])
  return [
    ...base,
    { origin: 'environment', place: 'the environment', values: variables },
    { origin: 'flags', place: 'the command line', values: given },
  ]
}

function pairsOf(values: Layer['values']): SettingValue[] {
  return Symbol.iterator in values ? [...values] : [...valuesOf(values)]
}

async function placeOf(
  asked: string | undefined,
  folder: ProfileFolder,
): Promise<{ readonly name: string; readonly file: string | undefined }> {
  if (asked === undefined) {
    const active = await folder.active()
    if (active) return { name: active.name, file: active.file }
    return existsSync(MACHINE_PROFILE)
      ? { name: 'machine', file: MACHINE_PROFILE }
      : { name: 'environment', file: undefined }
  }
  if (asked.includes('/') || asked.includes(sep) || /\.(?:yaml|yml|json)$/i.test(asked)) {
    const file = resolve(asked)
    return { name: file.slice(dirname(file).length + 1).replace(/\.[^.]+$/, ''), file }
  }
  return folder.find(asked)
}

async function fileLayers(file: string, site: string | undefined): Promise<Layer[]> {
  const { profile, sites } = readProfileFile(await textOfFile(file))
  const layers: Layer[] = [{ origin: 'file', place: file, values: profile }]
  if (site === undefined || site === '') return layers
  if (!Object.hasOwn(sites, site)) {
    // a message must not go out as another site than the one that was meant
    throw new SettingsError('settings.no-site', 'site', `${file} says nothing for this site`, {
      hint: `There are ${Object.keys(sites).slice(0, 20).join(', ') || 'none'}; leave the site out for what holds for all.`,
    })
  }
  return [...layers, { origin: 'site', place: `site ${site} in ${file}`, values: sites[site] as Profile }]
}
