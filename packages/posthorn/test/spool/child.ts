import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url))
const BUILT = new URL('../../dist/spool/index.js', import.meta.url).href

/** A process of its own that works in a spool folder. */
export class SpoolChild {
  readonly process: ChildProcess
  readonly lines: string[] = []
  readonly #ended: Promise<void>
  #partial = ''
  #wake: () => void = () => {}

  /** @param shell what is said to the shell before the program starts, such as `ulimit -f 1` */
  constructor(
    folder: string,
    options: {
      readonly hang?: boolean
      readonly user?: number
      readonly queue?: number
      readonly submission?: object
    } = {},
    shell = 'true',
  ) {
    const args = [process.execPath, CHILD, BUILT, folder, JSON.stringify(options)]
    this.process = spawn('bash', ['-c', `${shell}; exec "$@"`, 'bash', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.process.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#partial + text).split('\n')
      this.#partial = lines.pop()!
      this.lines.push(...lines)
      this.#wake()
    })
    this.#ended = new Promise((resolve) => this.process.once('close', () => resolve()))
  }

  /** Resolves once it has printed a line that begins so. */
  async says(start: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((each) => each.startsWith(start))
      if (line !== undefined) return line
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Resolves with all it has printed, once it is over and its end was asked for. */
  async ended(): Promise<readonly string[]> {
    await this.#ended
    return this.lines
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.#ended
  }
}
