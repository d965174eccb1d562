/** What 0 stands for where it means "without limit": 24 days, the longest a timer of JavaScript can wait. */
export const NO_LIMIT_MS = 2 ** 31 - 1
