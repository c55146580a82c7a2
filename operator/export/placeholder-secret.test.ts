import { describe, expect, it } from "vitest";
import { names } from "../../crds/group.ts";
import type { GeneratedSecret } from "../systems/secret-store.ts";
import { placeholderSecret } from "./placeholder-secret.ts";

const secret: GeneratedSecret = {
  namespace: "t-a-data",
  name: "database",
  labels: { a: "b" },
  ownerLabels: { c: "d" },
  random: { password: 40 },
  plain: { username: "a" },
};
const made = (more: Partial<GeneratedSecret>) => placeholderSecret({ ...secret, ...more });
const origins = (more: Partial<GeneratedSecret>) => made(more).metadata.annotations?.[names.placeholders];

describe("a Secret of an export", () => {
  it("holds what is no secret, and placeholders for the rest", () => {
    expect(made({ type: "kubernetes.io/basic-auth" })).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/basic-auth",
      metadata: {
        name: "database",
        namespace: "t-a-data",
        labels: { a: "b", c: "d" },
        annotations: { [names.placeholders]: "password: 40 random characters of the URL-safe base64 alphabet" },
      },
      stringData: { username: "a", password: "REPLACE-ME" },
    });
  });

  it("says of what Secret a copied value is", () => {
    const more = { copies: { "database-password": { from: secret, key: "password" } } };
    expect(made(more)["stringData"]).toMatchObject({ "database-password": "REPLACE-ME" });
    expect(origins(more)).toContain("database-password: the value of key password of Secret t-a-data/database");
  });

  it("says which hosts a certificate is for", () => {
    const more = { certificate: { names: ["db.svc", "db.svc.cluster.local"] } };
    expect(made(more)["stringData"]).toMatchObject({
      "tls.crt": "REPLACE-ME",
      "tls.key": "REPLACE-ME",
      "ca.crt": "REPLACE-ME",
    });
    expect(origins(more)).toContain("tls.crt: PEM of a server certificate for db.svc, db.svc.cluster.local");
  });

  it("has a placeholder for a signing key", () => {
    expect(made({ signingKeys: ["signing.key"] })["stringData"]).toMatchObject({ "signing.key": "REPLACE-ME" });
  });

  it("needs no annotation where nothing in it is secret", () => {
    expect(made({ random: {} }).metadata.annotations).toBe(undefined);
  });
});
