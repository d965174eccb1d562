/**
 * What the process ends with, after sysexits.h, so that scripts and mail programs know what to do without reading text.
 * 75 and nothing else says: try again later, unchanged.
 */
export const EXIT = {
  /** Every recipient was delivered. */
  ok: 0,
  /** The command was typed wrongly. */
  usage: 64,
  /** The draft, an address or the message cannot be sent as it is. */
  data: 65,
  /** A file could not be read. */
  noInput: 66,
  /** Recipients were refused for good; or some were and others got it, so that the whole must not be sent again. */
  noUser: 67,
  /** The server's name has no address. */
  noHost: 68,
  /** The server cannot be used as asked: no connection, bad certificate, no STARTTLS, the message refused. */
  unavailable: 69,
  /** A defect of Posthorn. */
  software: 70,
  /** A file or folder could not be made. */
  cannotCreate: 73,
  /** The content was sent and no reply came: it may have been delivered. */
  unknown: 74,
  /** It may work later, unchanged. */
  temporary: 75,
  /** The other side does not speak SMTP, or breaks it. */
  protocol: 76,
  /** The login was refused, or is wanted and missing. */
  noPermission: 77,
  /** A setting is wrong, or would not be safe. */
  config: 78,
} as const
