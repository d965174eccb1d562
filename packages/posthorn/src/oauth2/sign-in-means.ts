/** What only the program can do: open a browser, show a code. */
export interface SignInMeans {
  readonly open?: (url: string) => Promise<void> | void
  readonly show?: (code: { readonly userCode: string; readonly verificationUri: string }) => Promise<void> | void
  readonly hideResponse?: boolean
}
