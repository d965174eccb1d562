import { chmod, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { SettingsError } from '@posthorn/ground'
import { readProfileFile, writeProfileFile, type ProfileDocument } from '@posthorn/settings/file'

const ENDINGS = ['.yaml', '.yml', '.json'] as const
/** The name of the file that says which profile is used when none is named. */
const ACTIVE = 'active'

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
    checkName(name)
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

  /** The active profile, if there is one. */
  async active(): Promise<KeptProfile | undefined> {
    return (await this.list()).find(({ active }) => active)
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
    checkName(name)
    const kept = await this.list()
    const old = kept.find((each) => each.name.toLowerCase() === name.toLowerCase())
    const file = old?.file ?? join(this.path, `${name}.yaml`)
    const text = writeProfileFile(document, file.endsWith('.json') ? 'json' : 'yaml')
    await this.#writing(async () => {
      await mkdir(this.path, { recursive: true, mode: 0o700 })
      await replaceFile(file, text)
      if (kept.length === 0) await replaceFile(join(this.path, ACTIVE), `${name}\n`)
    })
    return file
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
    })
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

/** A name becomes a file name: it must not leave the folder, nor be one that Windows keeps for itself. */
function checkName(name: string): void {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u.test(name) && !/[ .]$/.test(name) && name.toLowerCase() !== ACTIVE) return
  throw new SettingsError('settings.name', 'name', 'cannot be the name of a profile', {
    hint: 'Use letters, digits, blanks, dots, underscores and hyphens; not "active".',
  })
}

/** A reader sees the old file or the new one, never a half; it may hold a password, so nobody else may read it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'w' })
    await chmod(draft, 0o600)
    const handle = await open(draft, 'r+')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
