import { refusal } from '../../refusal.js'

/** A slot, a session or an object: octets that only the module understands. */
export type Handle = Buffer

/** One attribute of an object (PKCS #11 2.40 4.4); numbers are little-endian octets as the machine has them. */
export interface Attribute {
  readonly type: number
  readonly value?: number | boolean | string | Buffer
}

/** How a signature is made (PKCS #11 2.40 5.11). */
export interface Mechanism {
  readonly mechanism: number
  readonly parameter?: {
    readonly type: number
    readonly hashAlg: number
    readonly mgf: number
    readonly saltLen: number
  }
}

/** What a token says of itself; texts are padded with spaces. */
export interface TokenInfo {
  readonly label: string
  readonly manufacturerID: string
  readonly model: string
  readonly serialNumber: string
  readonly flags: number
}

/** What is used of a PKCS #11 module, as the package `pkcs11js` has it. Errors bear the name of the return value: `CKR_PIN_INCORRECT`. */
export interface Cryptoki {
  load(path: string): void
  close(): void
  C_Initialize(options?: { readonly flags: number }): void
  C_Finalize(): void
  C_GetSlotList(tokenPresent: boolean): Handle[]
  C_GetTokenInfo(slot: Handle): TokenInfo
  C_OpenSession(slot: Handle, flags: number): Handle
  C_CloseSession(session: Handle): void
  C_GetSessionInfo(session: Handle): { readonly state: number }
  C_Login(session: Handle, userType: number, pin?: string): void
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void
  C_FindObjects(session: Handle, most: number): Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: readonly Attribute[],
  ): readonly { readonly value?: unknown }[]
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void
  /** In the thread pool. */
  C_SignAsync(session: Handle, octets: Buffer, signature: Buffer): Promise<Buffer>
}

/** Makes what a module is loaded into. */
export type CryptokiMaker = () => Cryptoki

/** Numbers of PKCS #11 2.40, and of 3.0 for Edwards curves. */
export const CK = {
  osLocking: 0x02, // CKF_OS_LOCKING_OK
  serialSession: 0x04, // CKF_SERIAL_SESSION
  user: 1, // CKU_USER
  contextSpecific: 2, // CKU_CONTEXT_SPECIFIC
  readOnlyUserState: 1, // CKS_RO_USER_FUNCTIONS
  class: 0x00, // CKA_CLASS
  label: 0x03, // CKA_LABEL
  value: 0x11, // CKA_VALUE
  certificateType: 0x80, // CKA_CERTIFICATE_TYPE
  keyType: 0x100, // CKA_KEY_TYPE
  id: 0x102, // CKA_ID
  modulus: 0x120, // CKA_MODULUS
  publicExponent: 0x122, // CKA_PUBLIC_EXPONENT
  ecParameters: 0x180, // CKA_EC_PARAMS
  ecPoint: 0x181, // CKA_EC_POINT
  alwaysAuthenticate: 0x202, // CKA_ALWAYS_AUTHENTICATE
  certificate: 1, // CKO_CERTIFICATE
  publicKey: 2, // CKO_PUBLIC_KEY
  privateKey: 3, // CKO_PRIVATE_KEY
  rsa: 0, // CKK_RSA
  ec: 3, // CKK_EC
  edwards: 0x40, // CKK_EC_EDWARDS
} as const

/** Flags of a token (PKCS #11 2.40 3.2). */
export const TOKEN_FLAG = {
  loginRequired: 0x04,
  userPinInitialized: 0x08,
  protectedAuthenticationPath: 0x100,
  initialized: 0x400,
  userPinCountLow: 0x10000,
  userPinFinalTry: 0x20000,
  userPinLocked: 0x40000,
} as const

/** What a token needs, an optional peer of this package. */
export const TOKEN_PACKAGE: string = 'pkcs11js'

/**
 * Loads `pkcs11js`, which nothing but a token asks for: it is native code and an optional peer of this package.
 * @param load loads a package by its name; another one in tests
 * @throws {SettingsError} `certificate.package-missing`
 */
export async function loadPkcs11js(
  field: string,
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<CryptokiMaker> {
  try {
    const { default: loaded } = (await load(TOKEN_PACKAGE)) as {
      readonly default: { readonly PKCS11: new () => Cryptoki }
    }
    return () => new loaded.PKCS11()
  } catch (cause) {
    const message = `a token needs the package ${TOKEN_PACKAGE}, which is not installed, or whose native part was not built`
    const hint = `Run: npm install ${TOKEN_PACKAGE} (it is compiled on the spot: a C++ compiler and Python are needed). Or give a PFX or PEM file with the key (type pfx or pem).`
    throw refusal('certificate.package-missing', field, message, hint, cause)
  }
}

/** What the module returned, such as `CKR_PIN_INCORRECT`; undefined for an error of another kind. */
export function returnValue(error: unknown): string | undefined {
  return error instanceof Error ? /^CKR_\w+/.exec(error.message)?.[0] : undefined
}
