// Media types of the caller, and the parameters that a part is to have.
import { readParameters } from './fuzz-reader.mjs'
import { attempt } from './fuzz-refusals.mjs'

/** A media type of the caller; undefined when it must be refused. */
export function typeModel(given, field, refusals) {
  const text = refusals.text(given, field)
  if (text === undefined) return undefined
  const read = attempt(() => readParameters(text.replace(/[ ;]+$/, ''), false)) // what says nothing may be refused
  if (!read || !/^[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+\/[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+$/.test(read.value)) {
    refusals.mustBe(field)
    return undefined
  }
  const value = read.value.toLowerCase()
  if (/^(?:message|multipart)\//.test(value)) refusals.mustBe(field)
  if (!/^[A-Za-z]+\/[A-Za-z0-9.+-]+$/.test(text)) refusals.mayBe(field)
  return { value, parameters: read.parameters }
}

/** What is wrong with the parameters of a part: they are those wanted, and others only by these names. */
export function parametersProblem({ parameters = new Map() }, wanted, others) {
  for (const [name, value] of wanted) {
    if (others.includes(name)) continue
    if (parameters.get(name) !== value)
      return `parameter ${name} is ${cut(parameters.get(name))} and should be ${cut(value)}`
  }
  for (const name of parameters.keys())
    if (!wanted.has(name) && !others.includes(name)) return `a parameter ${name} nobody gave`
  return undefined
}

/** A value as a report shows it. */
export function cut(value) {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 300 ? `${text.slice(0, 200)}...${text.slice(-80)} (${text.length})` : text
}
