// Variables of this process, for libraries that read nothing else.

/** Runs the task with these variables set, and puts back what was there. */
export async function withEnvironment(variables, task) {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]))
  Object.assign(process.env, variables)
  try {
    await task()
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}
