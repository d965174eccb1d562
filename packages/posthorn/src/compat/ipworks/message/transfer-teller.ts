/** Is told how the body goes. What it returns is waited for before more of the body is read. */
export interface TransferTeller {
  /** Before the first octet of the body; not for an empty one. */
  start(): Promise<void> | undefined
  /** After each block was taken. `percentDone` -1: the length is not known. */
  step(text: Buffer, bytesTransferred: number, percentDone: number): Promise<void> | undefined
  /** After the last. */
  end(): Promise<void> | undefined
}
