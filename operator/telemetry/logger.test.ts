import { describe, expect, it } from "vitest";
import { createLogger, Redactor } from "./logger.ts";

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

  it("hides a value as it stands in JSON, in an address, and in a Secret of Kubernetes", () => {
    const redactor = new Redactor();
    const secret = 'p"ss/wörd & more\n';
    redactor.register(secret);
    const forms = [JSON.stringify({ secret }), encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
    expect(forms.map((form) => redactor.clean(form))).toEqual([
      JSON.stringify({ secret: "[redacted]" }),
      "[redacted]",
      "[redacted]",
    ]);
  });

  it("hides the longer of two values that begin alike, and every place of both", () => {
    const redactor = new Redactor();
    for (const value of ["s3cr3t-value", "s3cr3t-value-2"]) redactor.register(value);
    expect(redactor.clean("s3cr3t-value-2 s3cr3t-value s3cr3t-values3cr3t-value-2.")).toBe(
      "[redacted] [redacted] [redacted][redacted].",
    );
  });

  it("lets nothing through that lies deeper than it looks", () => {
    const redactor = new Redactor();
    redactor.register("s3cr3t-value");
    let deep: unknown = "s3cr3t-value";
    for (let depth = 0; depth < 40; depth += 1) deep = { deep };
    expect(JSON.stringify(redactor.clean(deep))).not.toContain("s3cr3t-value");
  });

  it("leaves names of fields as they are in what people read, and hides the values alone", () => {
    const redactor = new Redactor();
    redactor.register("s3cr3t-value");
    const status = { secretRef: { name: "mail" }, conditions: [{ message: "refused s3cr3t-value" }] };
    expect(redactor.cleanTexts(status)).toEqual({
      secretRef: { name: "mail" },
      conditions: [{ message: "refused [redacted]" }],
    });
  });
});

describe("a line of the log", () => {
  it("is one JSON object with time, level, message and fields, those of its logger and its own, redacted", () => {
    const redactor = new Redactor();
    redactor.register("s3cr3t-value");
    const lines: string[] = [];
    const log = createLogger("info", redactor, { write: (line) => void lines.push(line) });
    log.child({ controller: "tenant", name: "minagri" }).warn({ why: "got s3cr3t-value" }, "Stopped");
    log.debug({}, "not told");
    expect(lines).toHaveLength(1);
    const { time, ...line } = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(line).toEqual({ level: 40, controller: "tenant", name: "minagri", why: "got [redacted]", msg: "Stopped" });
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });
});
