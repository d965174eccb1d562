export { FORMATS } from './formats.js'
export type { Export, Import, ImportedProfile, ImportFormat, ImportSource, ReportLine, Verdict } from './import.js'
