// A table of drafts for reading back with parsers that are not ours, and what each is to say.
import { createHash } from 'node:crypto'
import { domainToASCII } from 'node:url'

const ADDRESS = { from: 'ann@example.com', to: 'bob@example.org' }
const DATE = '2026-11-21T12:34:56.000Z'

const SCRIPTS = {
  German: 'Grüße aus Köln, Straße und Übermut',
  French: 'Œuvre à l’été, ça et là, où êtes-vous ?',
  Spanish: '¿Mañana por la mañana? ¡Sí, señor!',
  Portuguese: 'Ação, coração e pão de ló',
  Polish: 'Zażółć gęślą jaźń',
  Czech: 'Příliš žluťoučký kůň úpěl ďábelské ódy',
  Hungarian: 'Árvíztűrő tükörfúrógép',
  Turkish: 'Pijamalı hasta yağız şoföre çabucak güvendi; İstanbul ığdır',
  Icelandic: 'Kæmi ný öxi hér ykist þjófum nú bæði víl og ádrepa',
  Vietnamese: 'Tiếng Việt có dấu: ắ ằ ẳ ẵ ặ',
  Greek: 'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία',
  'Ancient Greek': 'μῆνιν ἄειδε θεὰ Πηληϊάδεω Ἀχιλῆος',
  Russian: 'Съешь же ещё этих мягких французских булок',
  Ukrainian: 'Щастям б’єш жук їх глицю в фон й ґедзь пріч',
  Bulgarian: 'Ах чудна българска земьо, полюшвай цъфтящи жита',
  Serbian: 'Љубазни фењерџија чађавог лица',
  Hebrew: 'דג סקרן שט בים מאוכזב ולפתע מצא חברה',
  Yiddish: 'איך קען עסן גלאָז און עס טוט מיר נישט װײ',
  Arabic: 'نص حكيم له سر قاطع وذو شأن عظيم',
  Persian: 'گچ پژ، چای و ژاله',
  Urdu: 'ٹھنڈا پانی اور گرم چائے',
  Syriac: 'ܫܠܡܐ ܠܟܘܢ',
  Amharic: 'ሰማይ አይታረስ ንጉሥ አይከሰስ',
  Armenian: 'Կրնամ ապակի ուտել և ինծի անհանգիստ չըներ',
  Georgian: 'მინას ვჭამ და არა მტკივა',
  Hindi: 'मैं काँच खा सकता हूँ, मुझे उस से कोई पीडा नहीं होती',
  Bengali: 'আমি কাঁচ খেতে পারি',
  Tamil: 'நான் கண்ணாடி சாப்பிடுவேன்',
  Telugu: 'నేను గాజు తినగలను',
  Kannada: 'ನಾನು ಗಾಜನ್ನು ತಿನ್ನಬಲ್ಲೆ',
  Malayalam: 'വേദനയില്ലാതെ കുപ്പിചില്ലു എനിക്കു കഴിയും',
  Sinhala: 'මට වීදුරු කෑමට හැකියි',
  Thai: 'เป็นมนุษย์สุดประเสริฐเลิศคุณค่า',
  Lao: 'ຂອ້ຍກິນແກ້ວໄດ້ໂດຍທີ່ມັນບໍ່ໄດ້ເຮັດໃຫ້ຂອ້ຍເຈັບ',
  Khmer: 'ខ្ញុំអាចញុំកញ្ចក់បាន',
  Burmese: 'က္ယ္ဝန္တော္ မ္ယက္မ္ဟန္စားနုိင္သည္',
  Tibetan: 'ཤེལ་སྒོ་ཟ་ནས་ང་ན་གི་མ་རེད།',
  Mongolian: 'ᠪᠢ ᠰᠢᠯᠢ ᠢᠳᠡᠶᠦ ᠴᠢᠳᠠᠨᠠ',
  'Simplified Chinese': '我能吞下玻璃而不伤身体。',
  'Traditional Chinese': '我能吞下玻璃而不傷身體。',
  Japanese: 'いろはにほへと ちりぬるを 私はガラスを食べられます。',
  'half-width katakana': 'ｲﾛﾊﾆﾎﾍﾄ',
  Korean: '나는 유리를 먹을 수 있어요. 그래도 아프지 않아요',
  Cherokee: 'ᎣᏏᏲ ᎠᎴ ᏙᎾᏓᎪᎲᎢ',
  Runes: 'ᚠᛇᚻ᛫ᛒᛦᚦ᛫ᚠᚱᚩᚠᚢᚱ',
  Gothic: '𐌼𐌰𐌲 𐌲𐌻𐌴𐍃 𐌹̈𐍄𐌰𐌽',
  Cuneiform: '𒀭𒈹 𒆠𒂗𒄀',
  'mathematical letters': '𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝒷ℴ𝓁𝒹 ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋',
}

const SEQUENCES = {
  emoji: '📮 ✉️ 🎉🎊',
  'emoji with joiners': '👩‍👩‍👧‍👦 👨🏽‍💻 🏳️‍🌈',
  flags: '🇩🇪🇫🇷🇯🇵🇺🇳',
  'keycaps and tags': '1️⃣ #️⃣ 🏴󠁧󠁢󠁷󠁬󠁳󠁿',
  'combining marks in a heap': 'z̸̡̢̛̗̳̠͔a̷l̵g̶o̴',
  'decomposed letters': 'Ame\u0301lie Stra\u0308uli',
  'right-to-left mixed with left-to-right': 'abc עברית 123 العربية def',
  'directional marks': 'price \u200f123\u200e end \u2067in\u2069 out',
  'zero-width characters': 'a\u200bb\u200cc\u200dd\u2060e',
  'no-break and other spaces': 'a\u00a0b\u2003c\u3000d',
  'private use and noncharacters': '\ue000 \u{f0000} \ufffe \u{1fffe}',
  'the replacement character': 'a \ufffd b',
  'a byte order mark': '\ufeffstart and \ufeff within',
  'the last plane': '\u{10fffd}\u{10fffd}',
}

const NAMES = {
  'a comma': 'Last, First',
  'a quotation mark': 'Ann "the mail" Doe',
  'a backslash': 'back\\slash \\" both',
  'an address': 'bob@example.net',
  'an address in angle brackets': 'Ann <eve@example.net>',
  'an encoded-word': '=?utf-8?Q?=0D=0AX-Evil:_1?=',
  'half an encoded-word': '=?utf-8?Q?abc',
  parentheses: 'Ann (the) (one',
  'brackets and a colon': 'group: [Ann]; x',
  'a semicolon': 'a;b;c',
  dots: 'J. R. R. Tolkien...',
  'a dot at the start': '.hidden',
  'a percent sign': "100% sure %0D%0A utf-8''x",
  'an equals sign': 'a=b=c',
  'a slash': '../../etc/passwd',
  'Windows separators': 'C:\\Windows\\system32\\cmd.exe',
  'only punctuation': "!#$%&'*+-/=?^_`{|}~",
  'only quotation marks': '""""',
  'an apostrophe': "O'Brien ’ ‘",
  'a tilde and a star': 'a*b~c*0*=x',
  'a long name': 'Maximiliane von und zu Hohenzollern '.repeat(5).trim(),
  'a long word': 'x'.repeat(200),
  'a long word with umlauts': 'ü'.repeat(120),
  'an at sign in full width': 'ann＠example.net',
  'characters cut to CR and LF': 'a\u760a\u760db',
  'a name that looks like a field': 'Subject: other',
  'a name that looks like a boundary': '--=_boundary',
  'double spaces': 'two  spaces   three',
  'a dot at the end': 'report.',
  'a name that is a number': '0',
}

const WORD_LENGTHS = [
  1, 57, 60, 66, 67, 68, 69, 70, 74, 75, 76, 77, 78, 79, 80, 255, 900, 990, 997, 998, 999, 1000, 5000,
]
const LINE_LENGTHS = [0, 1, 74, 75, 76, 77, 78, 79, 990, 996, 997, 998, 999, 1000, 1001, 20_000]
const CHARSETS = {
  'iso-8859-1': 'Grüße aus Köln: Ä Ö Ü ß',
  'iso-8859-15': 'Preis: 10 €',
  'windows-1252': 'smart “quotes” – and 10 €',
  'iso-8859-2': 'Zażółć gęślą jaźń',
  'windows-1250': 'Příliš žluťoučký kůň',
  'iso-8859-7': 'Καλημέρα κόσμε',
  'iso-8859-9': 'İstanbul ığdır şoför',
  'windows-1251': 'Привет, мир',
  'koi8-r': 'Съешь ещё этих булок',
  'windows-1255': 'דג סקרן',
  'windows-1256': 'نص حكيم',
  shift_jis: '私はガラスを食べられます',
  'euc-jp': 'いろはにほへと',
  gb18030: '我能吞下玻璃而不伤身体',
  gbk: '玻璃',
  big5: '我能吞下玻璃而不傷身體',
  'euc-kr': '나는 유리를 먹을 수 있어요',
  'utf-8': 'anything: ∀ 你好',
  'us-ascii': 'plain',
}

/** Every octet value, several times, in an order that does not repeat. */
const OCTETS = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7 + (index >> 8) * 13) & 255))

export const corpus = [
  ...scripts(),
  ...sequences(),
  ...names(),
  ...words(),
  ...lines(),
  ...bodies(),
  ...recipients(),
  ...fields(),
  ...charsets(),
]

function entry(name, draft, options) {
  return { name, draft: { ...ADDRESS, date: new Date(DATE), ...draft }, ...(options ? { options } : {}) }
}

function scripts() {
  return Object.entries(SCRIPTS).flatMap(([name, text]) => [
    entry(`${name} everywhere`, {
      from: { name: text, address: 'ann@example.com' },
      to: [
        { name: `${text} 1`, address: 'bob@example.org' },
        { name: Array.from(text).slice(0, 7).join('').trim(), address: 'c@example.org' },
      ],
      subject: text,
      organization: text,
      text: `${text}\n\n${text} ${text}\n`,
      html: `<p>${text}</p>\n`,
      attachments: [{ content: text, filename: `${text}.txt` }],
      headers: [{ name: 'X-Text', value: text }],
    }),
    entry(`${name}, long`, { subject: `${text} `.repeat(20).trim(), text: `${text} `.repeat(400) }),
  ])
}

function sequences() {
  return Object.entries(SEQUENCES).flatMap(([name, text]) => [
    entry(`${name} in all fields`, {
      from: { name: `x ${text} y`, address: 'ann@example.com' },
      subject: `x ${text} y`,
      text: `${text}\n`,
      attachments: [{ content: OCTETS.subarray(0, 10), filename: `x ${text} y.bin` }],
    }),
    entry(`${name}, repeated`, { subject: `x ${text.repeat(30)} y`, text: text.repeat(300) }),
  ])
}

function names() {
  return Object.entries(NAMES).flatMap(([name, text]) => [
    entry(`display name: ${name}`, {
      from: { name: text, address: 'ann@example.com' },
      replyTo: { name: `${text} ü`, address: 'r@example.com' },
      cc: [
        { name: text, address: 'c@example.org' },
        { name: text, address: 'd@example.org' },
      ],
    }),
    entry(`file name: ${name}`, { text: 'x', attachments: [{ content: OCTETS.subarray(0, 99), filename: text }] }),
    entry(`subject and own field: ${name}`, { subject: text, headers: [{ name: 'X-Own', value: text }] }),
  ])
}

function words() {
  return WORD_LENGTHS.flatMap((length) => [
    entry(`a word of ${length} letters`, { subject: `${'w'.repeat(length)} end`, text: 'w'.repeat(length) }),
    entry(`a word of ${length} umlauts`, { subject: `x ${'ü'.repeat(length)}`, text: `${'ü'.repeat(length)}\n` }),
  ])
}

function lines() {
  return LINE_LENGTHS.flatMap((length) => [
    entry(`lines of ${length}`, { text: `first\n${'l'.repeat(length)}\nlast\n` }),
    entry(`lines of ${length} with spaces at the end`, { text: `${'l '.repeat(length / 2)}\t\n.\n..\nFrom here\n \n` }),
  ])
}

function bodies() {
  const picture = { content: OCTETS, filename: 'logo.png', contentId: 'logo@example.com' }
  const report = { content: OCTETS.subarray(3), filename: 'report.pdf' }
  const calendar =
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\nDTSTAMP:20261121T120000Z\r\nDTSTART:20261122T120000Z\r\nSUMMARY:Grüße\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
  return [
    entry('no body at all', {}),
    entry('an empty text', { text: '' }),
    entry('an empty HTML', { html: '' }),
    entry('an empty text and an empty HTML', { text: '', html: '' }),
    entry('an empty attachment', { text: 'x', attachments: [{ content: '', filename: 'empty.txt' }] }),
    entry('nothing but an empty attachment', { attachments: [{ content: new Uint8Array(), filename: 'empty.bin' }] }),
    entry('an empty subject', { subject: '' }),
    entry('text alone', { text: 'Hello,\n\nhow are you?\n' }),
    entry('text with CRLF', { text: 'Hello,\r\n\r\nhow are you?\r\n' }),
    entry('text with CR', { text: 'one\rtwo\r\rthree' }),
    entry('empty lines at the end', { text: 'x\n\n\n\n' }),
    entry('HTML alone', { html: '<p>Hello</p>\n' }),
    entry('text and HTML', { text: 'Hello', html: '<p>Hello</p>' }),
    entry('HTML with a picture', { html: '<img src="cid:logo@example.com">', attachments: [picture] }),
    entry('text, HTML, picture, attachment', {
      text: 'Hello',
      html: '<img src="cid:logo@example.com">',
      attachments: [picture, report],
    }),
    entry('a picture without HTML', { text: 'x', attachments: [picture] }),
    entry('an attachment without text', { attachments: [report] }),
    entry('ten attachments', {
      text: 'x',
      attachments: Array.from({ length: 10 }, (_, index) => ({
        content: OCTETS.subarray(index, index * 100),
        filename: `${index}.dat`,
      })),
    }),
    entry('an attachment of text', {
      text: 'x',
      attachments: [{ content: 'Grüße\r\nÄ\r\n', filename: 'a.csv', contentType: 'text/csv' }],
    }),
    entry('an attachment without a name', {
      text: 'x',
      attachments: [{ content: OCTETS, contentType: 'application/x-own' }],
    }),
    entry('the same octets in base64', {
      text: 'x',
      attachments: [{ content: OCTETS.toString('base64'), encoding: 'base64', filename: 'a.bin' }],
    }),
    entry('a data: URL', {
      text: 'x',
      attachments: [{ url: `data:image/gif;base64,${OCTETS.subarray(0, 200).toString('base64')}`, filename: 'a.gif' }],
    }),
    entry('a large attachment', {
      text: 'x',
      attachments: [{ content: Buffer.concat(Array(400).fill(OCTETS)), filename: 'large.bin' }],
    }),
    entry('an invitation', { text: 'come', html: '<p>come</p>', calendar: { content: calendar } }),
    entry('text that holds boundaries', {
      text: '--=_1_0123456789abcdef\n--=_1_0123456789abcdef--\n',
      html: '<p>--</p>',
    }),
    entry('text that looks like quoted-printable', { text: '=C3=BC =\n=3D\n' }),
    entry('NUL and control characters in the text', { text: 'a\u0001b\u0007c\u001bd\u007fe\n' }),
  ]
}

function recipients() {
  const many = (count) =>
    Array.from({ length: count }, (_, index) => ({
      name: index % 3 ? `Name ${index}` : `Ünamé, ${index}`,
      address: `r${index}@example.org`,
    }))
  return [
    entry('no recipient', { to: [] }, { allowNoRecipients: true }),
    entry('blind recipients alone', { to: [], bcc: ['x@example.org', 'y@example.org'] }),
    ...[1, 2, 3, 10, 100, 1000, 10_000].map((count) => entry(`${count} recipients`, { to: many(count), text: 'x' })),
    entry('to, cc and bcc', { to: many(5), cc: many(7), bcc: many(9) }),
    entry('several authors and a sender', { from: many(3), sender: { name: 'The Sender', address: 's@example.com' } }),
    entry('a domain in its own letters', { to: { name: 'x', address: 'bob@bücher.example' } }),
    entry('a quoted local part', { to: '"a b"@example.org' }),
    entry('the longest address', { to: `${'l'.repeat(64)}@${`${'d'.repeat(59)}.`.repeat(3)}example` }),
  ]
}

function fields() {
  const id = (index) => `<${index}.${'i'.repeat(index % 60)}@example.com>`
  return [
    entry('all addresses', {
      replyTo: ['r@example.com', 'Ürs <u@example.com>'],
      cc: 'c@example.org, "D, D" <d@example.org>',
    }),
    entry('an answer', { inReplyTo: '<1@example.com>', references: ['<0@example.com>', '<1@example.com>'] }),
    entry('a long conversation', { references: Array.from({ length: 100 }, (_, index) => id(index)) }),
    entry('a Message-ID of its own', { messageId: 'own.id@example.com' }),
    entry('priorities', { priority: 'high', sensitivity: 'company-confidential' }),
    entry('receipts', { readReceiptTo: 'ann@example.com', returnReceiptTo: 'Ann <ann@example.com>' }),
    entry('a list', {
      list: {
        id: 'news <news.example.com>',
        unsubscribe: ['https://example.com/u?a=1&b=2', 'leave@example.com'],
        oneClick: true,
      },
    }),
    entry('own fields', {
      headers: [
        { name: 'X-A', value: 'one' },
        { name: 'X-B', value: '  two  ' },
        { name: 'X-C', value: 'drei: ü' },
      ],
    }),
    entry('the year 1900', { date: new Date('1900-02-01T00:00:00Z') }),
    entry('the year 9999', { date: new Date('9999-11-30T00:00:00Z') }),
    ...[20, 40, 60, 78, 120, 998].map((foldAt) =>
      entry(
        `folded at ${foldAt}`,
        {
          subject: 'many words of ünequal length '.repeat(12).trim(),
          cc: Array.from({ length: 30 }, (_, index) => `c${index}@example.org`),
        },
        { foldAt },
      ),
    ),
    entry(
      'not folded',
      {
        subject: 'many words of unequal length '.repeat(12).trim(),
        cc: Array.from({ length: 30 }, (_, index) => `c${index}@example.org`),
      },
      { foldAt: false },
    ),
    ...[
      '  ',
      ' x',
      'x ',
      'a  b',
      `a${' '.repeat(100)}b`,
      '\u00a0',
      'ü  ü',
      ' ü ',
      '?= =?',
      '=?',
      '=?=',
      '=?a?b?c?=',
      ':',
      ' : ',
    ].map((subject) => entry(`subject ${JSON.stringify(subject)}`, { subject })),
  ]
}

function charsets() {
  return Object.entries(CHARSETS).flatMap(([charset, text]) => [
    entry(
      `${charset}`,
      { from: { name: text, address: 'ann@example.com' }, subject: text, text: `${text}\n`, html: `<p>${text}</p>\n` },
      { charset },
    ),
    entry(
      `${charset}, long, and what it lacks`,
      {
        subject: `${text} `.repeat(10).trim(),
        text: `${text}\n`.repeat(40),
        headers: [{ name: 'X-Own', value: `${text} 📮` }],
      },
      { charset },
    ),
  ])
}

/** What a reader is to find, field by field. Line ends are LF, and one at the end of a text does not count. */
export function expectation({ draft }, message) {
  const attachments = draft.attachments ?? []
  return {
    from: addresses(draft.from),
    to: addresses(draft.to),
    cc: addresses(draft.cc),
    replyTo: addresses(draft.replyTo),
    subject: draft.subject ?? '',
    date: new Date(Math.floor(draft.date.getTime() / 1000) * 1000).toISOString(),
    messageId: message.messageId,
    text: plain(draft.text ?? (draft.html === undefined && !draft.attachments ? '' : undefined)),
    html: plain(draft.html),
    attachments: attachments.map(({ content, encoding, url, filename, contentId }) => {
      const octets = url
        ? Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
        : Buffer.from(content, typeof content === 'string' ? encoding : undefined)
      return { filename: filename ?? '', contentId: contentId ?? '', sizeOctets: octets.length, sha256: sha256(octets) }
    }),
    headers: (draft.headers ?? []).map(({ value }) => value),
  }
}

/** Text as it is compared. */
export function plain(text) {
  return text === undefined || text === null ? '' : text.replace(/\r\n|\r/g, '\n').replace(/\n$/, '')
}

export function sha256(octets) {
  return createHash('sha256').update(octets).digest('hex')
}

/** A mailbox as it is compared: readers differ in whether they show A-labels, and in whether they keep needless quotation marks. */
export function person(name, address) {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at).replace(/^"(.*)"$/, '$1')
  return { name, address: `${local}@${domainToASCII(address.slice(at + 1))}` }
}

function addresses(given) {
  if (given === undefined) return []
  return (Array.isArray(given) ? given : [given]).flatMap((one) =>
    typeof one === 'string' ? typed(one) : [person(one.name ?? '', one.address)],
  )
}

/** The few lists that stand in the table as text. */
function typed(text) {
  return text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((one) => {
    const found = /^\s*(?:(.*\S)\s*)?<([^>]*)>\s*$/.exec(one)
    if (!found) return person('', one.trim())
    return person((found[1] ?? '').replace(/^"(.*)"$/, '$1'), found[2])
  })
}
