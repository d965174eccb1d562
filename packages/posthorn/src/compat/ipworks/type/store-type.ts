import type { StoreType as StoreKind } from '@posthorn/certificate'

/** The kinds of store of `Certificate.storeType`. 20 is not assigned. [ipworks.type.Certificate.StoreType] */
export const StoreType = Object.freeze({
  cstUser: 0,
  cstMachine: 1,
  cstPFXFile: 2,
  cstPFXBlob: 3,
  cstJKSFile: 4,
  cstJKSBlob: 5,
  cstPEMKeyFile: 6,
  cstPEMKeyBlob: 7,
  cstPublicKeyFile: 8,
  cstPublicKeyBlob: 9,
  cstSSHPublicKeyBlob: 10,
  cstP7BFile: 11,
  cstP7BBlob: 12,
  cstSSHPublicKeyFile: 13,
  cstPPKFile: 14,
  cstPPKBlob: 15,
  cstXMLFile: 16,
  cstXMLBlob: 17,
  cstJWKFile: 18,
  cstJWKBlob: 19,
  cstBCFKSFile: 21,
  cstBCFKSBlob: 22,
  cstPKCS11: 23,
  cstAuto: 99,
} as const)

/** How a store of a type is opened. */
export interface StoreWay {
  readonly kind: StoreKind
  /** What a string in `Store` is: the name of a file, what would stand in one, the stores of Windows, a token, or whatever is found to be. */
  readonly text: 'file' | 'content' | 'windows' | 'token' | 'either'
  /** True when a string may be octets, one for each character. */
  readonly isBinary?: boolean
}

const KINDS: Readonly<Record<string, StoreWay>> = {
  PFX: { kind: 'pfx', text: 'file', isBinary: true },
  JKS: { kind: 'jks', text: 'file', isBinary: true },
  PEMKey: { kind: 'pem', text: 'file' },
  PublicKey: { kind: 'publickey', text: 'file', isBinary: true },
  SSHPublicKey: { kind: 'ssh', text: 'file' },
  P7B: { kind: 'p7b', text: 'file', isBinary: true },
  PPK: { kind: 'ppk', text: 'file' },
  XML: { kind: 'xml', text: 'file' },
  JWK: { kind: 'jwk', text: 'file' },
  BCFKS: { kind: 'bcfks', text: 'file', isBinary: true },
}

const OTHERS: Readonly<Record<string, StoreWay>> = {
  cstUser: { kind: 'windows-user', text: 'windows' },
  cstMachine: { kind: 'windows-machine', text: 'windows' },
  cstPKCS11: { kind: 'pkcs11', text: 'token' },
  cstAuto: { kind: 'auto', text: 'either', isBinary: true },
}

const WAYS: ReadonlyMap<number, StoreWay> = new Map(
  Object.entries(StoreType).map(([name, number]) => [number, OTHERS[name] ?? fileWay(name)]),
)

function fileWay(name: string): StoreWay {
  const way = KINDS[name.replace(/^cst|(?:File|Blob)$/g, '')]!
  return name.endsWith('Blob') ? { ...way, text: 'content' } : way
}

/** @param storeType one of `StoreType` */
export function storeWay(storeType: number): StoreWay {
  return WAYS.get(storeType)!
}
