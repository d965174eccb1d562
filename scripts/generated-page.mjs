// Pages of docs/ that are made from the sources: written, or with `--check` compared.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import prettier from 'prettier'
import { endWith, root } from './repository.mjs'

/**
 * Writes a page, or with `--check` says whether it is as it must be; ends the program.
 * @param {string} name of the page, below docs/
 * @param {string} text in Markdown, or JSON
 * @param {{ command: string, problems?: readonly string[] }} facts how the page is made anew
 */
export async function settlePage(name, text, { command, problems = [] }) {
  const target = join(root, 'docs', name)
  const options = await prettier.resolveConfig(target)
  const parser = name.endsWith('.json') ? 'json' : 'markdown'
  const page = await prettier.format(text, { ...options, parser })
  const found = [...problems]
  if (process.argv.includes('--check')) {
    const now = existsSync(target) ? readFileSync(target, 'utf8') : ''
    if (now !== page) found.push(`docs/${name} is stale; run ${command}`)
  } else writeFileSync(target, page)
  endWith(found, `docs/${name} is as the sources say`)
}
