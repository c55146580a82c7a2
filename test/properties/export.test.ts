import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { fileObjects } from "../../operator/export/file-objects.ts";
import { exportTenant } from "../../operator/export/tenant-export.ts";
import { yamlText } from "../../operator/reconcile/yaml-text.ts";
import { fc, runs } from "../support/fast-check.ts";
import { liveRegion, liveTenant } from "../support/live-objects.ts";

/** Characters and words that one reader or another of YAML takes for something else than text. */
const trap = fc.constantFrom(
  ...["\u0085", "\u2028", "\u2029", "\ufeff", "\u0000", "\u001b", "\t", "\r", "\r\n", "\n", " ", "#", ": ", "- "],
  ...["'", '"', "\\", "`", "$(id)", "{{", "%", "&a", "*a", "!!js/function", "---", "...", "|", ">", "@", "?", ","],
  ...["yes", "no", "on", "off", "null", "~", "0x10", "0o7", "1e3", "1:30", "1_0", ".inf", "<<", "é", "😀", "=", "08"],
);
const text = fc
  .array(fc.oneof(trap, fc.string({ maxLength: 4, unit: "grapheme" })), { maxLength: 6 })
  .map((parts) => parts.join(""));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe("YAML of an export", () => {
  it("says to readers of version 1.1 and 1.2 exactly what the object says, whatever the texts in it", () => {
    fc.assert(
      fc.property(value, (content) => {
        const written = yamlText({ content });
        for (const version of ["1.1", "1.2"] as const) expect(parse(written, { version })).toEqual({ content });
        // Line breaks to YAML 1.1 and to nobody else.
        expect(written).not.toMatch(/[\u0085\u2028\u2029\ufeff]/);
      }),
      { numRuns: runs(500) },
    );
  });
});

describe("an export", () => {
  const assumed = {
    installation: "00000000-0000-0000-0000-000000000000",
    kinds: new Set<string>(),
    apiServers: [],
    operatorNamespace: "socle-system",
    operatorSubject: { kind: "User" as const, name: "socle" },
  };
  const modules = [{ module: "PostgreSQL", postgresql: { driver: "StatefulSet" } }, { module: "Synapse" }];
  const asFiles = (displayName: string) => {
    const { metadata, ...tenant } = liveTenant("minagri", { spec: { displayName, modules } });
    const region = liveRegion();
    return [tenant, region].map((object, index) => ({
      name: `file${index}`,
      text: stringify({ ...object, metadata: index === 0 ? { name: metadata.name } : region.metadata }),
    }));
  };
  const exported = (displayName: string): string[] => {
    const { tenants, regions, problems } = fileObjects(asFiles(displayName));
    expect(problems).toEqual([]);
    const { manifests } = exportTenant(tenants.get("minagri")!, regions.get("region")!, assumed);
    expect(manifests.map((manifest) => parse(yamlText(manifest)) as unknown)).toEqual(
      manifests.map((manifest) => JSON.parse(JSON.stringify(manifest)) as unknown),
    );
    return manifests.map(yamlText);
  };

  it("reads back as it was made, and is the same bytes for the same files, whatever a ministry is called", () => {
    fc.assert(
      fc.property(
        text.filter((name) => name.length >= 3 && name.length <= 128),
        (displayName) => {
          expect(exported(displayName)).toEqual(exported(displayName));
        },
      ),
      { numRuns: runs(25) },
    );
  });
});
