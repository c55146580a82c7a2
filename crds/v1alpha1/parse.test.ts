import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseNameClaim } from "./name-claim.ts";
import { parseTenant } from "./tenant.ts";

interface Live {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown> & { modules: Record<string, unknown>[] };
  status?: unknown;
}

function liveTenant(): Live {
  const text = readFileSync(join(import.meta.dirname, "../../examples/tenant-commune.yaml"), "utf8");
  const object = parse(text) as Live;
  return { ...object, metadata: { ...object.metadata, uid: "u1", resourceVersion: "7", labels: { a: "b" } } };
}

describe("the guard at the cache's edge", () => {
  it("gives a typed object with its metadata and the defaults that an older object lacks", () => {
    const parsed = parseTenant(liveTenant());
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        metadata: { name: "valbelle", uid: "u1", labels: { a: "b" } },
        spec: {
          network: { matrixFederation: "Closed" },
          lifecycle: { deletionProtection: true, deletionPolicy: "Retain" },
        },
      },
    });
  });

  it("names every place that is wrong, and does not throw", () => {
    const object = liveTenant();
    object.spec["seats"] = 0;
    object.spec.modules[1] = { module: "Unheard" };
    const parsed = parseTenant(object);
    expect(parsed.ok ? [] : parsed.issues.map(({ path }) => path)).toEqual(["spec.seats", "spec.modules[1].module"]);
  });

  it.each([undefined, null, "text", [], {}, { kind: "Tenant" }])("refuses %j", (object) => {
    expect(parseTenant(object).ok).toBe(false);
  });

  it("refuses an object of another kind", () => {
    expect(parseNameClaim(liveTenant()).ok).toBe(false);
  });

  it("drops fields that it does not know: they are of a newer release", () => {
    const object = liveTenant();
    object.spec["later"] = true;
    const parsed = parseTenant(object);
    expect(parsed.ok && "later" in parsed.value.spec).toBe(false);
  });

  it("keeps a status that fits", () => {
    const status = { observedGeneration: 3, modulesReady: "1/2" };
    expect(parseTenant({ ...liveTenant(), status })).toMatchObject({ ok: true, value: { status } });
  });

  it("drops a status that does not fit, and keeps the object: the next reconcile writes it anew", () => {
    const parsed = parseTenant({ ...liveTenant(), status: { modulesReady: 7 } });
    expect(parsed.ok && parsed.value.status).toBe(undefined);
  });
});
