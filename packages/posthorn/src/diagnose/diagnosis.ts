import type { Discovery } from '../discover/discovery.js'
import type { DiagnosisCode } from './diagnoses.js'

/** The steps of the way out, in their order. */
export type CheckStep =
  | 'discover'
  | 'settings'
  | 'resolve'
  | 'proxy'
  | 'connect'
  | 'tls'
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'sender'
  | 'recipient'
  | 'size'

/** One line of the checklist. */
export interface Check {
  readonly step: CheckStep
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
  /** What was seen, or why it was not looked at. */
  readonly text: string
}

/** Something that is wrong, or weak. */
export interface Finding {
  /** Stable; see `DIAGNOSES`. */
  readonly code: DiagnosisCode
  readonly severity: 'error' | 'warning'
  readonly step: CheckStep
  /** In a sentence. */
  readonly cause: string
  /** One thing to do. */
  readonly nextStep: string
  /** What was seen: the error, the reply of the server. Never a secret. */
  readonly evidence: string
}

/** What `diagnose` found. */
export interface Diagnosis {
  /** True when mail could be sent this way, as far as it was tried. */
  readonly ok: boolean
  readonly host: string
  readonly port: number
  readonly security: string
  /** In the order of the way out. */
  readonly checks: readonly Check[]
  /** Errors before warnings. */
  readonly findings: readonly Finding[]
  /** How the server was found, when an address was given. */
  readonly discovery?: Discovery
  readonly elapsedMs: number
}
