import type { Manifest } from "../../../constructs/manifest.ts";

/** An object that passes a check, with what it is seen beside. */
export interface Fixture {
  readonly subject: Manifest;
  readonly related?: readonly Manifest[];
  /** What has to be there too; no value of theirs is changed. */
  readonly beside?: readonly Manifest[];
  /** RFC 3339; a day of 2026 by default. */
  readonly now?: string;
  /** More objects, each with the result that it must have, beside the same others unless it says which. */
  readonly rows?: readonly {
    readonly that: string;
    readonly subject: Manifest;
    readonly related?: readonly Manifest[];
    readonly result: "pass" | "fail" | "error";
  }[];
}

/** By check; several where it judges objects of several kinds. */
export type Fixtures = Readonly<Record<string, Fixture | readonly Fixture[]>>;
