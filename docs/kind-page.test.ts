import { describe, expect, it } from "vitest";
import { celRules } from "../crds/cel-rules.ts";
import { kinds } from "../crds/kinds.ts";
import { kindPage, pageName } from "./kind-page.ts";

const pageOf = (kind: string): string => {
  const meta = kinds.find((one) => one.kind === kind);
  if (meta === undefined) throw new Error(`no kind ${kind}`);
  return kindPage(meta);
};

describe("the reference page of a kind", () => {
  it.each(kinds.map((meta) => [meta.kind, meta] as const))(
    "of %s shows every CEL rule with its sentence",
    (_kind, meta) => {
      const text = kindPage(meta);
      for (const { message } of celRules(meta)) expect(text).toContain(`| ${message} |`);
    },
  );

  it("stars what must be given, and shows limits and defaults", () => {
    expect(pageOf("Tenant")).toContain("| `seats` * | integer |  | 1…2000000 |");
    expect(pageOf("Tenant")).toContain('| `tier` | Pilot · Standard · Large · Dedicated | `"Standard"` |');
  });

  it("says never where a field cannot change", () => {
    expect(pageOf("Tenant")).toMatch(/^\| `domain` \* \|.*\| never \|/m);
  });

  it("keeps a pattern with a bar in its column", () => {
    expect(pageOf("ModuleDeployment")).toContain("`^[1-9][0-9]{0,5}(Mi\\|Gi\\|Ti)$`");
  });

  it("marks what nothing reads or writes yet", () => {
    expect(pageOf("SovereignRegion")).toMatch(
      /^\| `openXchange\.cidrs` \* \|.*Its addresses, for egress rules _\(Reserved for network policies of the operator.*\)_ \|/m,
    );
    expect(pageOf("Tenant")).not.toContain("Reserved for");
  });

  it("says that a kind without status has none", () => {
    expect(pageOf("NameClaim")).toContain("None: the object is there, or it is not.");
  });

  it("is named for the kind", () => {
    expect(kinds.map(pageName)).toContain("tenant-identity-provider.md");
  });
});
