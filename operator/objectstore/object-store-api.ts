/** How to reach an object store as the platform's account, which makes buckets. Never logged. */
export interface ObjectStoreServer {
  readonly url: string;
  /** Part of every signature; some providers have one name for all their regions. */
  readonly region: string;
  /** The bucket is part of the path, not of the host name. */
  readonly pathStyle: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** PEM certificate authorities beside the public ones. */
  readonly ca?: string;
}

/** One bucket. Pure data; no key is ever part of it. */
export interface BucketDesired {
  readonly bucket: string;
  /** Says whose it is, as for a database; what lies on the bucket is `ownerMark` of it. */
  readonly marker: string;
  /** What is overwritten or deleted stays as an old version. */
  readonly versioned: boolean;
  /** Old versions go after so many days; absent = never. */
  readonly oldVersionsDays?: number;
}

export interface ObservedBucket {
  /** False: it exists, and the platform's account may not look at it. */
  readonly readable: boolean;
  readonly mark: string | undefined;
  /** Without one object, old versions included. */
  readonly empty: boolean;
  readonly versioned: boolean;
  readonly oldVersionsDays: number | undefined;
  /** False: the store answers that it has no such thing as rules about the age of versions. */
  readonly hasLifecycle: boolean;
}

/** One request, or a few that belong together; each is safe to repeat. */
export type BucketChange =
  | { readonly kind: "createBucket"; readonly bucket: string; readonly why: string }
  | { readonly kind: "markBucket"; readonly bucket: string; readonly marker: string; readonly why: string }
  | { readonly kind: "setVersioning"; readonly bucket: string; readonly versioned: boolean; readonly why: string }
  | {
      readonly kind: "setLifecycle";
      readonly bucket: string;
      readonly oldVersionsDays: number | undefined;
      readonly why: string;
    }
  | { readonly kind: "deleteBucket"; readonly bucket: string; readonly marker: string; readonly why: string };

/** An object by its name in a bucket. */
export interface TextPlace {
  readonly bucket: string;
  readonly key: string;
}

export interface StoredText extends TextPlace {
  readonly text: string;
}

/**
 * An object store as reconcilers see it. Failures: unreachable, 5xx, too many requests → TransientError("DependencyUnavailable"); the account is
 * refused or lacks a right → TransientError("PermissionMissing").
 */
export interface ObjectStoreApi {
  observe(bucket: string, signal: AbortSignal): Promise<ObservedBucket | undefined>;
  /**
   * createBucket fails with AlreadyExistsError if somebody else was faster. deleteBucket looks at the mark again and acts only if it is that of
   * `marker`; it takes every version of every object along, some thousands at a time: a WaitingError says that more are left.
   */
  execute(change: BucketChange, signal: AbortSignal): Promise<void>;
  /** Names of all buckets of the account. */
  buckets(signal: AbortSignal): Promise<readonly string[]>;
  /** Writes an object that is not there yet; false: it is there, and stays as it is. */
  writeNew(text: StoredText, signal: AbortSignal): Promise<boolean>;
  /** Undefined: there is no such object. */
  read(place: TextPlace, signal: AbortSignal): Promise<string | undefined>;
  /** Names of what lies directly in a folder (`a/b/`), sorted; those of folders end with a slash. */
  list(bucket: string, folder: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Answers, and takes the account. */
  ping(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Opens nothing before the first question; the caller keeps one per server and closes it. */
export type ConnectObjectStore = (server: ObjectStoreServer) => ObjectStoreApi;
