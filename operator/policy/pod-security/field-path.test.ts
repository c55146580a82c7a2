import { describe, expect, it } from "vitest";
import { fc } from "../../../test/support/fast-check.ts";
import { pathText, valueText } from "./field-path.ts";

describe("the path of a field", () => {
  it("is written as kubectl writes it", () => {
    expect(pathText(["spec", "containers", 0, "image"])).toBe("spec.containers[0].image");
  });

  it("quotes a name that holds more than letters and digits", () => {
    expect(pathText(["metadata", "annotations", "socle.dev/a"])).toBe('metadata.annotations["socle.dev/a"]');
  });

  it("is the manifest where it leads nowhere", () => {
    expect(pathText([])).toBe("the manifest");
  });
});

describe("the value of a field", () => {
  it.each([
    [true, "true"],
    [0, "0"],
    ["Unconfined", '"Unconfined"'],
    [undefined, "not set"],
    [null, "not set"],
    [[], "an empty list"],
    ["😀".repeat(61), `"${"😀".repeat(60)}…"`],
    [["a"], "a list"],
    [{ a: 1 }, "an object"],
    ["x".repeat(61), `"${"x".repeat(60)}…"`],
    ["x".repeat(60), `"${"x".repeat(60)}"`],
    ["a\u001b[2Jb\u2028\u202e\u0000\u{e0001}", String.raw`"a\u001b[2Jb\u2028\u202e\u0000\udb40\udc01"`],
  ])("%j is told as %s", (value, told) => {
    expect(valueText(value)).toBe(told);
  });

  it("is one short line that a terminal shows and does not obey, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "binary", minLength: 50, maxLength: 300 })),
        (text) => {
          const told = valueText(text);
          expect(told).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          expect(told.length).toBeLessThan(730);
          if (text.length <= 60) expect(JSON.parse(told)).toBe(text);
        },
      ),
    );
  });
});
