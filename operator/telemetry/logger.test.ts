import { describe, expect, it } from "vitest";
import { Redactor } from "./logger.ts";

describe("Redactor", () => {
  it("hides a registered value inside any text, at any depth", () => {
    const redactor = new Redactor();
    redactor.register("s3cr3t-value-1");
    const cleaned = redactor.clean({ error: { cause: ["login with s3cr3t-value-1 failed"] } });
    expect(JSON.stringify(cleaned)).not.toContain("s3cr3t-value-1");
    expect(JSON.stringify(cleaned)).toContain("login with");
  });

  it("hides fields whose name says secret, whatever they hold", () => {
    expect(new Redactor().clean({ clientSecret: "x", nested: { Password: 1 } })).toEqual({
      clientSecret: "[redacted]",
      nested: { Password: "[redacted]" },
    });
  });

  it("does not take a short word for a secret", () => {
    const redactor = new Redactor();
    redactor.register("root");
    expect(redactor.clean("root cause")).toBe("root cause");
  });
});
