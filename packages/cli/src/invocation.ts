import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How this command can be typed where the user stands: `npx posthorn` where npm has linked it, else node and the path. */
export function invocation(directory: string = process.cwd()): string {
  for (let at = resolve(directory); ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', '.bin', 'posthorn'))) return 'npx posthorn'
    if (dirname(at) === at) break
  }
  const path = fileURLToPath(new URL('../bin/posthorn.js', import.meta.url))
  return `node ${relative(directory, path).split(sep).join('/')}`
}
