export { exitCodeOf, exitCodeOfReceipt } from './exit-code.js'
export { program, run } from './program.js'
export { startSandbox, type Arrival, type Sandbox, type SandboxOptions } from './sandbox/sandbox.js'
export { EXIT } from './sysexits.js'
