// Makes a failing draft small: what can be left out without the failure going away is left out.

const MAX_TRIES = 600

/**
 * @param {() => { draft: object, options: object }} make gives the same draft anew each time, since a source can be read once
 * @param {(made: object) => Promise<unknown>} judge
 * @param {Error} error the failure to keep
 */
export async function shrunk(make, judge, error) {
  const kind = kindOf(error)
  let edits = []
  let tries = 0
  const fails = async (tried) => {
    tries++
    try {
      await judge(applied(make(), tried))
      return false
    } catch (other) {
      return kindOf(other) === kind
    }
  }
  if (!(await fails([]))) return make()
  for (let smaller = true; smaller && tries < MAX_TRIES;) {
    smaller = false
    for (const edit of candidates(applied(make(), edits))) {
      if (tries >= MAX_TRIES) break
      const tried = [...edits, edit]
      if (!(await fails(tried))) continue
      edits = tried
      smaller = true
      break
    }
  }
  return applied(make(), edits)
}

/** What of a failure stays when the draft becomes smaller. */
function kindOf(error) {
  return `${error?.constructor?.name} ${String(error?.message)
    .replace(/["'\d].*$/s, '')
    .slice(0, 24)}`
}

function applied(given, edits) {
  const made = cloned(given)
  for (const { path, value } of edits) {
    let at = made
    for (const key of path.slice(0, -1)) at = at?.[key]
    const last = path.at(-1)
    if (at === undefined || at === null) continue
    if (value !== undefined) at[last] = value
    else if (Array.isArray(at)) at.splice(last, 1)
    else delete at[last]
  }
  return made
}

/** Keys to leave out first, then strings to cut. */
function* candidates(made) {
  const paths = [...pathsIn(made, [])].filter(({ path }) => path.length > 1 && path.join() !== 'draft,from')
  for (const { path } of paths) yield { path }
  for (const { path, value } of paths) {
    if (typeof value !== 'string' || value.length < 2) continue
    for (let size = value.length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at < value.length; at += size) yield { path, value: value.slice(0, at) + value.slice(at + size) }
      if (value.length > 200 && size < value.length >> 4) break
    }
  }
}

/** The plain objects and arrays anew, since pieces of the table are in many drafts; sources and keys as they are. */
function cloned(value) {
  if (Array.isArray(value)) return value.map(cloned)
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cloned(one)])) : value
}

const isPlain = (value) =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function* pathsIn(value, path) {
  if (path.length > 0) yield { path, value }
  if ((!Array.isArray(value) && !isPlain(value)) || path.length > 8) return
  for (const key of Object.keys(value)) yield* pathsIn(value[key], [...path, Array.isArray(value) ? Number(key) : key])
}
