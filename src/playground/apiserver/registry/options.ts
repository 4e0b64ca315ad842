/** What a request asks for, past its verb. */

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Text, as resourceVersions are opaque to clients; `'0'` is any version. */
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly limit?: number;
  readonly continue?: string;
}

export interface WatchOptions extends ListOptions {
  readonly allowWatchBookmarks?: boolean;
  /** Begin with every object that exists, and a bookmark after them: a streaming list. */
  readonly sendInitialEvents?: boolean;
  /** The server ends the watch after this many seconds. */
  readonly timeoutSeconds?: number;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface WriteOptions {
  /** Do everything but store it. */
  readonly dryRun?: boolean;
  readonly subresource?: 'status';
  /** Who owns the fields that are set. */
  readonly fieldManager?: string;
  /** Server-side apply only: take fields from their owners. */
  readonly force?: boolean;
  readonly fieldValidation?: FieldValidation;
  /** Told about what is not wrong enough to refuse, for the `Warning` header. */
  readonly warn?: (message: string) => void;
}

export interface DeleteOptions {
  readonly dryRun?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly uid?: string;
  readonly resourceVersion?: string;
}
