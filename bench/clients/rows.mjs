/**
 * The rows of the tables of throughput. `module` is the file beside this one that is loaded in the child process; `settings` is what
 * makes one row differ from another of the same module. A row that `needs` CHUNKING is left out where the sink does not offer it.
 */
export const throughputRows = [
  { key: 'posthorn-data', name: 'Posthorn DATA', module: 'posthorn', settings: { chunking: false } },
  { key: 'posthorn-bdat', name: 'Posthorn BDAT', module: 'posthorn', settings: {}, needs: 'CHUNKING' },
  {
    key: 'posthorn-bdat-16',
    name: 'Posthorn BDAT, pipelineDepth 16',
    module: 'posthorn',
    settings: { pipelineDepth: 16 },
    needs: 'CHUNKING',
  },
  { key: 'nodemailer', name: 'Nodemailer pool', module: 'nodemailer', settings: {} },
  { key: 'floor-data', name: 'floor DATA', module: 'floor', settings: { chunking: false } },
  {
    key: 'floor-bdat',
    name: 'floor BDAT, 16 in flight',
    module: 'floor',
    settings: { chunking: true },
    needs: 'CHUNKING',
  },
]

/** The rows of the first message on a new connection, each with its defaults. */
export const firstRows = [
  { key: 'posthorn', name: 'Posthorn', module: 'posthorn', settings: {} },
  { key: 'nodemailer', name: 'Nodemailer', module: 'nodemailer', settings: {} },
  { key: 'floor', name: 'floor', module: 'floor', settings: {} },
]

/** The rows of memory: `kind` is what becomes of the file, `content` the message itself or an attachment. */
export const memoryRows = [
  { key: 'posthorn-raw', name: 'Posthorn, { path } is the message', module: 'posthorn', kind: 'raw' },
  { key: 'posthorn-composed', name: 'Posthorn, attachment { path }', module: 'posthorn', kind: 'composed' },
  { key: 'nodemailer-raw', name: 'Nodemailer, raw: { path }', module: 'nodemailer', kind: 'raw' },
  { key: 'nodemailer-composed', name: 'Nodemailer, attachments: [{ path }]', module: 'nodemailer', kind: 'composed' },
]
