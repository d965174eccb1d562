import { rename, writeFile } from 'node:fs/promises'
import type { Profile } from '@posthorn/settings'
import type { SinkServer } from '@posthorn/testkit'
import { Mailer, type LoadTerms } from '../src/mailer.js'
import type { ReloadEvent } from '../src/reload/reload-event.js'
import { Folder } from './oauth2/folder.js'

/** A profile in a file that is watched, and what its mailer told. */
export class KeptProfile {
  readonly folder: Folder
  readonly file: string
  readonly events: ReloadEvent[] = []
  mailer!: Mailer
  #waiting: (() => void)[] = []

  private constructor(folder: Folder) {
    this.folder = folder
    this.file = folder.file('profile.json')
  }

  static async start(profile: Profile, terms: LoadTerms = {}): Promise<KeptProfile> {
    const kept = new KeptProfile(await Folder.make())
    await kept.write(profile)
    kept.mailer = await Mailer.load(kept.file, { env: {}, watch: true, ...terms })
    kept.mailer.on('reload', (event) => {
      kept.events.push(event)
      kept.#waiting.splice(0).forEach((wake) => wake())
    })
    return kept
  }

  /** Puts another file in its place, whole. */
  async write(profile: Profile | string): Promise<void> {
    const text = typeof profile === 'string' ? profile : JSON.stringify(profile)
    await writeFile(`${this.file}.new`, text, { mode: 0o600 })
    await rename(`${this.file}.new`, this.file)
  }

  /** The same, and waits until the mailer has told of it. */
  async change(profile: Profile | string): Promise<ReloadEvent> {
    const told = this.told()
    await this.write(profile)
    return told
  }

  async told(): Promise<ReloadEvent> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.events.at(-1)!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mailer.close()
    await this.folder[Symbol.asyncDispose]()
  }
}

/** A profile for that server. */
export const to = ({ port }: SinkServer): Profile => ({ relay: { host: '127.0.0.1', port }, security: 'none' })
