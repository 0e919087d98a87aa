/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Dotted path of the key, or the name of the environment variable or file. */
  readonly path: string;
  /** Goes on after the path: "must be …". */
  readonly message: string;
}
