/** Lines of a table: the first column flush left, the others flush right, as wide as they need. */
export function table(head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => String(row[column] ?? '').length)))
  const line = (row) =>
    row
      .map((cell, column) =>
        column === 0 ? String(cell).padEnd(widths[0]) : String(cell ?? '').padStart(widths[column] + 2),
      )
      .join('')
      .trimEnd()
  return [line(head), '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...rows.map(line)].join('\n')
}

/** Three significant digits, thousands with commas. */
export function figure(value) {
  if (value === undefined || !Number.isFinite(value)) return '-'
  if (value >= 1000) return Number(value.toPrecision(3)).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

/** Microseconds, as milliseconds from ten thousand on. */
export function time(us) {
  if (us === undefined) return '-'
  return us >= 10_000 ? `${figure(us / 1000)} ms` : `${figure(us)} µs`
}

/** Octets as MB of 1,048,576, or GB of 1,024 MB. */
export function mebibytes(octets) {
  if (octets === undefined) return '-'
  const value = octets / 1_048_576
  return value >= 1024 ? `${figure(value / 1024)} GB` : `${figure(value)} MB`
}
