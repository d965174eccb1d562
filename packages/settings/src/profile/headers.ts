import { z } from 'zod'
import { group, line, setting } from './parts.js'

/** Header fields of every draft that does not have them. */
export const headers = group({
  priority: setting(z.enum(['urgent', 'normal', 'non-urgent', 'high', 'low']), {
    says: 'Priority (RFC 2156); `high` and `low` write X-Priority and Importance besides.',
    effect: 'message',
    from: ['beyondtrust.general.Priority', 'ipworks.prop.Priority'],
  }),
  importance: setting(z.enum(['high', 'normal', 'low']), {
    says: 'Importance (RFC 2156).',
    effect: 'message',
    from: ['beyondtrust.general.Importance', 'ipworks.prop.Importance'],
  }),
  sensitivity: setting(z.enum(['personal', 'private', 'company-confidential']), {
    says: 'Sensitivity (RFC 2156).',
    effect: 'message',
    from: ['beyondtrust.general.Sensitivity', 'ipworks.prop.Sensitivity'],
  }),
  charset: setting(line(40), {
    says: 'The charset of texts and header fields that are not ASCII.',
    effect: 'message',
    default: 'utf-8',
    from: ['ipworks.config.Charset'],
  }),
  fields: setting(
    z
      .array(
        z.strictObject({
          name: z
            .string()
            .min(1)
            .max(200)
            .regex(/^[\x21-\x39\x3b-\x7e]+$/, 'must be a field name of RFC 5322: printable ASCII without a colon'),
          value: z
            .string()
            .max(100_000)
            .regex(/^[^\r\n\0]*$/, 'must be without line ends'),
        }),
      )
      .max(500),
    {
      says: 'Further header fields of every message, each a name and a value.',
      effect: 'message',
      from: [
        'illiad.config.OtherHeaders',
        'beyondtrust.general.AdvancedName',
        'beyondtrust.general.AdvancedValue',
        'ipworks.prop.OtherHeaders',
      ],
    },
  ),
  fieldsOnly: setting(z.boolean(), {
    says: 'True: `headers.fields` take the place of all header fields that would be written, but for those MIME and delivery cannot do without.',
    effect: 'message',
    default: false,
    from: ['illiad.config.OtherHeaders'],
  }),
})
