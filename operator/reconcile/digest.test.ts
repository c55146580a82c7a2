import { describe, expect, it } from "vitest";
import { names } from "../../crds/group.ts";
import { digest, sealed } from "./digest.ts";

describe("digest", () => {
  it("is hex SHA-256, and tells values apart", () => {
    expect(digest({})).toMatch(/^[0-9a-f]{64}$/);
    expect(digest({ a: 1 })).not.toBe(digest({ a: "1" }));
  });
});

describe("sealed", () => {
  const manifest = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", annotations: { mine: "x" } },
    data: {},
  };

  it("adds the digest and keeps the other annotations", () => {
    expect(sealed(manifest).metadata.annotations).toEqual({
      mine: "x",
      [names.appliedHash]: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it("shows that a field is no longer set, which a comparison of fields would not see", () => {
    const { data: _data, ...without } = manifest;
    expect(sealed(without).metadata.annotations).not.toEqual(sealed(manifest).metadata.annotations);
  });
});
