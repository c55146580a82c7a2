import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { assignment } from "../../operator/modules/jitsi/page-settings.ts";
import { fc } from "../support/fast-check.ts";

describe("the settings of the conference pages", () => {
  it("carry whatever value to the browser as it is, and never end the script or begin a command of the server", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("</script><script>", "<!--#exec cmd=x -->", "\u2028", "'];alert(1)//", "${x}", "\\", "-->"),
    );
    const browser = createContext({ config: {} }) as { config: Record<string, unknown> };
    fc.assert(
      fc.property(hostile, fc.dictionary(hostile, hostile), (key, inner) => {
        // In JavaScript an object has this one already, and no setting is called so.
        fc.pre(key !== "__proto__" && !("__proto__" in inner && Object.hasOwn(inner, "__proto__")));
        const script = assignment(key, { inner });
        expect(script).not.toMatch(/[<>&\u2028\u2029]/);
        browser.config = {};
        runInContext(script, browser);
        expect(JSON.stringify(browser.config[key])).toBe(JSON.stringify({ inner }));
      }),
    );
  });
});
