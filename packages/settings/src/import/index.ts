export { FORMATS } from './formats.js'
export type {
  Export,
  ExportTerms,
  Import,
  ImportedProfile,
  ImportFormat,
  ImportSource,
  ReportLine,
  Verdict,
} from './import.js'
