/** What a provider's refusal comes to. */
export type RefusalCode =
  | 'oauth2.invalid-client'
  | 'oauth2.invalid-grant'
  | 'oauth2.invalid-scope'
  | 'oauth2.consent-needed'
  | 'oauth2.interaction-needed'
  | 'oauth2.denied'
  | 'oauth2.device-expired'
  | 'oauth2.unavailable'
  | 'oauth2.refused'
