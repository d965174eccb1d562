import { chmod, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import { fromValues, isPlain, SETTINGS, valuesOf, type Profile, type SettingValue } from '@posthorn/settings'
import { editProfileFile, readProfileFile, writeProfileFile, type ProfileDocument } from '@posthorn/settings/file'
import { ACTIVE, checkProfileName } from './profile-name.js'
import { removeUnusedSecrets, SECRETS } from './profile-secrets.js'
import { replaceFile, replaceFiles } from './replace-file.js'

const ENDINGS = ['.yaml', '.yml', '.json'] as const

/** Where profiles are kept: `posthorn/profiles` in XDG_CONFIG_HOME, in `~/.config`, or on Windows in APPDATA. */
export function defaultProfileFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { XDG_CONFIG_HOME: xdg, APPDATA: appData } = env
  if (xdg?.startsWith('/')) return join(xdg, 'posthorn', 'profiles') // the XDG specification: relative ones are ignored
  if (process.platform === 'win32' && appData) return join(appData, 'posthorn', 'profiles')
  return join(homedir(), '.config', 'posthorn', 'profiles')
}

/** A profile as it lies in the folder. */
export interface KeptProfile {
  readonly name: string
  readonly file: string
  readonly active: boolean
}

/** A profile to be written. */
export interface NewProfile {
  readonly name: string
  readonly document: ProfileDocument
  /** Secrets by the names of their files in `secrets/NAME`, to which the document refers. */
  readonly secrets?: ReadonlyMap<string, string>
}

/** A folder with many profiles, each in a file of its own, of which one is active. Names are matched without case. */
export class ProfileFolder {
  readonly path: string

  constructor(path: string = defaultProfileFolder()) {
    this.path = path
  }

  /** Every profile there is, by name. A folder that is not there has none. */
  async list(): Promise<KeptProfile[]> {
    const files = await this.#files()
    const active = await this.#activeName()
    const kept = new Map<string, KeptProfile>()
    for (const file of files) {
      const name = nameOf(file)
      if (name === undefined || kept.has(name.toLowerCase())) continue
      kept.set(name.toLowerCase(), {
        name,
        file: join(this.path, file),
        active: name.toLowerCase() === active?.toLowerCase(),
      })
    }
    return [...kept.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The profile of this name. @throws {SettingsError} `settings.no-profile`, naming those there are */
  async find(name: string): Promise<KeptProfile> {
    checkProfileName(name)
    const kept = await this.list()
    const found = kept.find((each) => each.name.toLowerCase() === name.toLowerCase())
    if (found) return found
    throw new SettingsError('settings.no-profile', name, `is no profile in ${this.path}`, {
      hint:
        kept.length === 0
          ? 'There is none yet; posthorn profile import FILE makes one of a configuration you have.'
          : `There are ${kept.map((each) => each.name).join(', ')}.`,
    })
  }

  /**
   * The active profile, if there is one. Whoever may not enter the home folder, such as a service that was started with the environment of
   * another, has none.
   * @throws {SettingsError} `settings.file` when the folder is there and cannot be read
   */
  async active(): Promise<KeptProfile | undefined> {
    const isClosed = await stat(this.path).then(
      () => false,
      (error: unknown) => (error as NodeJS.ErrnoException).code === 'EACCES',
    )
    return isClosed ? undefined : (await this.list()).find(({ active }) => active)
  }

  /** @throws {SettingsError} `settings.no-profile`, `settings.file`, `settings.*` for what stands in it */
  async read(name: string): Promise<ProfileDocument & KeptProfile> {
    const kept = await this.find(name)
    return { ...readProfileFile(await textOfFile(kept.file)), ...kept }
  }

  /**
   * Writes a profile, readable by its owner only; the first one becomes the active one. A file of that name keeps its form (YAML or JSON).
   * The old file stays whole until the new one is on disk.
   * @throws {SettingsError} `settings.name`, `settings.file`, `settings.secret-value`
   */
  async write(name: string, document: ProfileDocument): Promise<string> {
    const [file] = await this.writeAll([{ name, document }])
    return file!
  }

  /**
   * Writes several profiles with their secrets, all or none: names and places are checked, and every file is on disk before one takes its
   * place. Files with secrets of these profiles that nothing refers to any more are deleted.
   * @returns the files, in the order of the profiles
   * @throws {SettingsError} `settings.name`, also when two names differ by case only; `settings.file`, `settings.secret-value`
   */
  async writeAll(profiles: readonly NewProfile[]): Promise<string[]> {
    const names = new Map<string, string>()
    for (const { name } of profiles) {
      checkProfileName(name)
      const twin = names.get(name.toLowerCase())
      if (twin !== undefined) throw twins(twin, name)
      names.set(name.toLowerCase(), name)
    }
    const kept = await this.list()
    const whole = profiles.map(({ name, document, secrets = new Map<string, string>() }) => {
      const file = kept.find((each) => each.name.toLowerCase() === name.toLowerCase())?.file
      const path = file ?? join(this.path, `${name}.yaml`)
      const text = writeProfileFile(document, path.endsWith('.json') ? 'json' : 'yaml')
      const home = join(this.path, SECRETS, name)
      return {
        home,
        path,
        text,
        secrets: [...secrets].map(([each, secret]) => [secretPath(home, each), secret] as const),
      }
    })
    await this.#writing(async () => {
      await mkdir(this.path, { recursive: true, mode: 0o700 })
      for (const { home, secrets } of whole) if (secrets.length > 0) await privateFolder(home)
      const files = whole.flatMap(({ path, text, secrets }) => [
        ...secrets.map(([secret, value]) => ({ path: secret, text: `${value}\n` })),
        { path, text },
      ])
      const [first] = profiles
      const active = kept.length === 0 && first ? [{ path: join(this.path, ACTIVE), text: `${first.name}\n` }] : []
      await replaceFiles([...files, ...active])
      for (const { name } of profiles) await this.#removeSecrets(name)
    })
    return whole.map(({ path }) => path)
  }

  /**
   * Changes settings of a profile and leaves everything else in its file as it stands: comments, the order, and, unless a secret stands in
   * it, who may read it. A profile that is not there yet is made.
   * @param changes by the path of the setting; undefined takes it out
   * @throws {SettingsError} `settings.name`, `settings.file`, `settings.secret-value`, `settings.*` for what stands in it
   */
  async edit(name: string, changes: ReadonlyMap<string, unknown>): Promise<string> {
    checkProfileName(name)
    const old = (await this.list()).find((each) => each.name.toLowerCase() === name.toLowerCase())
    const given = [...changes].filter((change): change is [string, SettingValue[1]] => change[1] !== undefined)
    if (!old) return this.write(name, { profile: fromValues(given), sites: {} })
    const text = editProfileFile(await textOfFile(old.file), changes)
    const { profile, sites } = readProfileFile(text)
    const keepMode = ![profile, ...Object.values(sites)].some(holdsPlainSecret)
    await this.#writing(async () => {
      await replaceFiles([{ path: old.file, text, keepMode }])
      await this.#removeSecrets(old.name)
    })
    return old.file
  }

  /** Makes a profile the active one; the former is it no more. @throws {SettingsError} `settings.no-profile`, `settings.file` */
  async use(name: string): Promise<KeptProfile> {
    const kept = await this.find(name)
    await this.#writing(() => replaceFile(join(this.path, ACTIVE), `${kept.name}\n`))
    return { ...kept, active: true }
  }

  /** Deletes a profile; the active one only when it is the last. @throws {SettingsError} `settings.no-profile`, `settings.active-profile` */
  async remove(name: string): Promise<void> {
    const { file, active } = await this.find(name)
    const others = (await this.list()).length - 1
    if (active && others > 0) {
      throw new SettingsError('settings.active-profile', name, 'is the active profile', {
        hint: 'Make another one active first: posthorn profile use NAME.',
      })
    }
    await this.#writing(async () => {
      await rm(file)
      if (active) await rm(join(this.path, ACTIVE), { force: true })
      await this.#removeSecrets(name)
    })
  }

  /** A profile that cannot be read may refer to any of them, and then all stay. */
  async #removeSecrets(name: string): Promise<void> {
    const texts = await Promise.all(
      (await this.list()).map(({ file }) => readFile(file, 'utf8').catch(() => undefined)),
    )
    const readable = texts.filter((text) => text !== undefined)
    if (readable.length === texts.length) await removeUnusedSecrets(this.path, name, readable)
  }

  async #files(): Promise<string[]> {
    try {
      return (await readdir(this.path)).sort()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw unreadable(this.path, error)
    }
  }

  async #activeName(): Promise<string | undefined> {
    try {
      return (await readFile(join(this.path, ACTIVE), 'utf8')).trim()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw unreadable(join(this.path, ACTIVE), error)
    }
  }

  async #writing(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
      throw new SettingsError('settings.file', this.path, `cannot be written (${reason})`, {
        cause: error,
        hint: 'Check the folder and its permissions.',
      })
    }
  }
}

/** The text of a file a person named. @throws {SettingsError} `settings.file` */
export async function textOfFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): SettingsError {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return new SettingsError('settings.file', 'profile', `${path} cannot be read (${reason})`, {
    cause: error,
    hint: 'Check the path and the permissions of the file.',
  })
}

function nameOf(file: string): string | undefined {
  const ending = ENDINGS.find((each) => file.endsWith(each))
  return ending === undefined || file.startsWith('.') ? undefined : file.slice(0, -ending.length)
}

/** Two names that are one for those who type them, and one file on Windows and macOS. */
function twins(one: string, other: string): SettingsError {
  const how = one === other ? 'stands there twice' : `differs from ${one} by case only`
  return new SettingsError('settings.name', 'name', `${other} cannot be the name of a profile: it ${how}`, {
    hint: 'Rename one of them in the source; names are matched without case.',
  })
}

/** The name of a file with a secret must not lead elsewhere. */
function secretPath(home: string, file: string): string {
  if (/^[\w-][\w.-]*$/.test(file)) return join(home, file)
  throw new SettingsError('settings.name', 'secrets', 'have a file whose name would leave their folder', {
    hint: 'Use letters, digits, dots, underscores and hyphens.',
  })
}

async function privateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700) // it may be there already
}

function holdsPlainSecret(profile: Profile): boolean {
  return [...valuesOf(profile)].some(([path, value]) => SETTINGS.get(path)?.holds === 'secret' && isPlain(value))
}
