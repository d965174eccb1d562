// Registered by native-package.mjs: gives names their places. Runs in a thread of its own.
const places = new Map()

export function initialize({ name, url }) {
  places.set(name, url)
}

export function resolve(specifier, context, next) {
  const url = places.get(specifier)
  return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
}
