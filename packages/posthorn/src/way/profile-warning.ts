/** Something in a profile that works, and should be otherwise. Never with a secret in it. */
export interface ProfileWarning {
  /**
   * `settings.plain-secret`: a password or key stands in the profile itself. `settings.readable-secret`: the file it is kept in can be read
   * by everybody on this machine. `settings.no-key`: a certificate has no private key and is not used. `settings.no-certificate`: no
   * certificate fits, and none is shown. `settings.unused`: it is kept and has no effect beside another setting.
   */
  readonly code:
    | 'settings.plain-secret'
    | 'settings.readable-secret'
    | 'settings.no-key'
    | 'settings.no-certificate'
    | 'settings.unused'
  /** The setting, such as `credentials.password`. */
  readonly path: string
  /** What is the matter, without the setting: "stands in the profile in plain". */
  readonly message: string
  /** What to do. */
  readonly hint: string
}
