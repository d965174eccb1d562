/** The words of a setting that is a list, or one text with its parts between `;`, `:`, `,` or blanks. */
export function listed(value: string | readonly string[] | undefined): readonly string[] {
  const texts = value === undefined ? [] : typeof value === 'string' ? [value] : value
  return texts.flatMap((text) => text.split(/[;:,\s]+/)).filter((word) => word !== '')
}
