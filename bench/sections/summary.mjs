import { sizes } from '../messages.mjs'
import { median } from '../report/statistics.mjs'
import { figure, mebibytes, table } from '../report/table.mjs'

/**
 * G. The ratios that matter of the sections that ran, each with its target. `value` is undefined when a figure it needs was not measured. Nothing here ends a
 * run badly: a benchmark on a busy machine misses targets for reasons of its own.
 */
export function summary(plan, { throughput, turns, memory, composing, protecting, component }) {
  const ratios = [
    ...(throughput ? throughputRatios(throughput) : []),
    ...(turns ? turnRatios(turns) : []),
    ...(memory ? memoryRatios(memory, mebibytes(plan.fileOctets)) : []),
    ...(composing ? composingRatios(composing, mebibytes(plan.fileOctets)) : []),
    ...(protecting ? protectingRatios(protecting) : []),
    ...(component ? componentRatios(component) : []),
  ]
  const rows = ratios.map(({ what, value, atMost, atLeast }) => [
    what,
    value === undefined ? 'not measured' : figure(value),
    atMost === undefined ? `>= ${figure(atLeast)}` : `<= ${figure(atMost)}`,
    verdict(value, atMost, atLeast),
  ])
  plan.print(`\nG. Summary\n${table(['what', 'measured', 'target', ''], rows)}`)
  return ratios
}

function verdict(value, atMost, atLeast) {
  if (value === undefined) return ''
  const met = atMost === undefined ? value >= atLeast : value <= atMost
  if (met) return 'met'
  const factor = atMost === undefined ? atLeast / value : value / atMost
  return `missed by a factor of ${factor.toFixed(2)}`
}

function throughputRatios(figures) {
  const own = (client, size, field) =>
    figures.find(
      (each) =>
        each.client === client &&
        each.size === size &&
        each.connections === 1 &&
        each.security === 'none' &&
        !each.sink.startsWith('smtp-sink'),
    )?.[field]
  const ratio = (client, peer, size, field) => {
    const [above, below] = [own(client, size, field), own(peer, size, field)]
    return above === undefined || below === undefined ? undefined : above / below
  }
  const cpu = (client, peer, size) => ratio(client, peer, size, 'cpuUs')
  return [
    { what: '1 KB, CPU: Posthorn DATA / Nodemailer', value: cpu('posthorn-data', 'nodemailer', '1k'), atMost: 1 / 5 },
    { what: '1 KB, CPU: Posthorn DATA / floor DATA', value: cpu('posthorn-data', 'floor-data', '1k'), atMost: 2 },
    {
      what: '1 KB, messages/s: Posthorn DATA / Nodemailer',
      value: ratio('posthorn-data', 'nodemailer', '1k', 'perSecond'),
      atLeast: 4,
    },
    {
      what: '1 KB, CPU: Posthorn BDAT depth 16 / Nodemailer',
      value: cpu('posthorn-bdat-16', 'nodemailer', '1k'),
      atMost: 1 / 20,
    },
    { what: '25 MB, CPU: Posthorn DATA / Nodemailer', value: cpu('posthorn-data', 'nodemailer', '25m'), atMost: 1 / 5 },
    { what: '25 MB, CPU: Posthorn BDAT / Nodemailer', value: cpu('posthorn-bdat', 'nodemailer', '25m'), atMost: 1 / 8 },
  ]
}

function turnRatios(turns) {
  const warm = (client) => turns.warm.find((each) => each.client === client)?.turns
  const first = (kind) => turns.first.find((each) => each.client === 'posthorn')?.turns[kind]
  const more = (kind) => {
    const [without, withAuth] = [first(kind), first(`${kind}+auth`)]
    return without === undefined ? undefined : withAuth - without
  }
  return [
    { what: 'turns a message, warm: Posthorn DATA', value: warm('posthorn-data'), atMost: 1.1 },
    { what: 'turns a message, warm: Posthorn BDAT', value: warm('posthorn-bdat'), atMost: 1.1 },
    { what: 'turns a message, warm: Posthorn BDAT depth 16', value: warm('posthorn-bdat-16'), atMost: 0.1 },
    { what: 'turns to the first acceptance: plain', value: first('none'), atMost: 4.4 },
    { what: 'turns to the first acceptance: implicit TLS', value: first('implicit'), atMost: 6.1 },
    { what: 'turns to the first acceptance: STARTTLS', value: first('starttls'), atMost: 7.8 },
    { what: 'turns that AUTH adds: plain', value: more('none'), atMost: 0.5 },
    { what: 'turns that AUTH adds: implicit TLS', value: more('implicit'), atMost: 0.5 },
    { what: 'turns that AUTH adds: STARTTLS', value: more('starttls'), atMost: 0.5 },
  ]
}

function memoryRatios(figures, size) {
  const over = (client) => {
    const octets = figures.find((each) => each.client === client)?.overOctets
    return octets === undefined ? undefined : octets / sizes['1m']
  }
  return [
    { what: `${size} from a file, MB over idle: Posthorn, as it lies`, value: over('posthorn-raw'), atMost: 64 },
    { what: `${size} from a file, MB over idle: Posthorn, composed`, value: over('posthorn-composed'), atMost: 64 },
  ]
}

function composingRatios({ cases, files }, size) {
  const cpu = (key) => {
    const of = (client) => cases.find((each) => each.case === key && each.client === client)?.cpuUs
    const [own, peer] = [of('posthorn'), of('nodemailer')]
    return own === undefined || peer === undefined ? undefined : own / peer
  }
  const file = (client, field) => files.find((each) => each.client === client)?.[field]
  const faster = (field) => {
    const [own, peer] = [file('posthorn', field), file('nodemailer', field)]
    return own === undefined || peer === undefined ? undefined : own / peer
  }
  const over = (client) => {
    const octets = file(client, 'overOctets')
    return octets === undefined ? undefined : octets / sizes['1m']
  }
  return [
    { what: 'compose 1 KB, CPU: Posthorn / Nodemailer', value: cpu('1k'), atMost: 1 / 6 },
    { what: 'compose text, HTML, picture, file, CPU: Posthorn / Nodemailer', value: cpu('mixed'), atMost: 1 / 10 },
    { what: 'compose 25 MB in memory, CPU: Posthorn / Nodemailer', value: cpu('25m'), atMost: 1 / 8 },
    { what: `compose ${size} from a file, MB/s: Posthorn / Nodemailer`, value: faster('perSecond'), atLeast: 8 },
    { what: `compose ${size} from a file, MB over idle: Posthorn`, value: over('posthorn'), atMost: 64 },
    { what: `the same with DKIM twice and S/MIME, MB over idle`, value: over('posthorn-all'), atMost: 64 },
    { what: `the same, longest pause of its own work in ms`, value: file('posthorn-all', 'busyMs'), atMost: 20 },
  ]
}

/** Of runs that stood side by side: the machine may be quicker in one minute than in the next, but hardly between neighbours. */
function componentRatios(figures) {
  const cpu = (key) => figures.find((each) => each.key === key).runs.map((run) => run.cpuUs / run.count)
  const ratio = (key, base) => {
    const below = cpu(base)
    return median(cpu(key).map((above, index) => above / below[index]))
  }
  return [
    { what: 'component, CPU: the same octets / engine', value: ratio('component-octets', 'octets'), atMost: 1.1 },
    {
      what: 'component, CPU: the same octets / engine as it is set',
      value: ratio('component-octets', 'octets-settings'),
      atMost: 1.1,
    },
    { what: 'component, CPU: its properties / engine with a draft', value: ratio('component', 'draft'), atMost: 1.1 },
  ]
}

function protectingRatios(figures) {
  const of = (key, field) => figures.find((each) => each.key === key)?.[field]
  return [
    {
      what: 'S/MIME sign 100 KB, CPU: signing / hash and signature alone',
      value: of('sign-100k', 'signingRatio'),
      atMost: 1.5,
    },
    {
      what: 'S/MIME sign 10 MB, CPU: signing / hash and signature alone',
      value: of('sign-10m', 'signingRatio'),
      atMost: 1.5,
    },
    { what: 'S/MIME encrypt 10 MB, CPU: added / cipher alone', value: of('encrypt-10m', 'addedRatio'), atMost: 2 },
    { what: 'S/MIME sign 10 MB, longest pause of its own work in ms', value: of('sign-10m', 'busyMs'), atMost: 20 },
    {
      what: 'S/MIME encrypt 10 MB, longest pause of its own work in ms',
      value: of('encrypt-10m', 'busyMs'),
      atMost: 20,
    },
  ]
}
