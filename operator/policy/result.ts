import type { ObjectRef } from "../../constructs/manifest.ts";
import type { Problem } from "./read.ts";

/** What a check says of one object. `error`: it could not be judged, which is never a pass; `skip`: it fails, and an exception excuses it. */
export interface Result {
  readonly check: string;
  readonly version: number;
  /** With the uid of a live object: one of the same name that comes after it is another. */
  readonly object: ObjectRef & { readonly uid?: string };
  readonly result: "pass" | "fail" | "error" | "skip";
  /** Of everything but a pass. */
  readonly problems: readonly Problem[];
  /** Of a skip: the PolicyException, in the home namespace of the object's tenant. */
  readonly excusedBy?: string;
  /** The Attestation that it rests on. */
  readonly attestation?: string;
  /** Of the fields of the object that the check reads: the same as long as there is nothing new to judge. */
  readonly digest: string;
}
