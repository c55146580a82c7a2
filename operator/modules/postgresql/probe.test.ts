import { describe, expect, it } from "vitest";
import type { LoginResult, PostgresApi } from "../../postgres/postgres-api.ts";
import { TransientError } from "../../runtime/errors.ts";
import type { DesiredModule, ModuleAccess } from "../driver.ts";
import { probeDatabase } from "./probe.ts";

const secret = { name: "postgresql-credentials", place: "data", random: { password: 40 }, plain: {} } as const;
const desired: DesiredModule = {
  claims: [],
  secrets: [secret],
  database: {
    host: { kind: "region" } as const,
    desired: { role: "minagri", database: "minagri", marker: "ours", connectionLimit: 50 },
    password: { secret, key: "password" },
    server: "db.example:5432",
  },
  resolved: {},
};

function access(login: PostgresApi["login"]): ModuleAccess {
  return {
    postgres: () => Promise.resolve({ login } as PostgresApi),
    keycloak: () => Promise.reject(new Error("not asked for")),
    openXchange: () => Promise.reject(new Error("no App Suite")),
    get: () => Promise.resolve({ status: 0, body: undefined }),
    secret: ({ key }) => Promise.resolve(`the ${key}`),
  };
}

const { signal } = new AbortController();

describe("the probe of a database", () => {
  it("logs in as the tenant's role with the password of its Secret", async () => {
    const onlyThisOne = access((account) =>
      Promise.resolve<LoginResult>(
        account.role === "minagri" && account.password === "the password" && account.database === "minagri"
          ? { kind: "ok" }
          : { kind: "refused", because: "password", message: "wrong" },
      ),
    );
    expect(await probeDatabase(desired, onlyThisOne, signal)).toEqual({
      ok: true,
      message: "Role minagri logs in to database minagri on db.example:5432, reads and writes.",
    });
  });

  it("tells why a login is refused, without the password", async () => {
    const refused = access(() =>
      Promise.resolve({ kind: "refused", because: "access", message: "the database takes no connections" }),
    );
    const result = await probeDatabase(desired, refused, signal);
    expect(result).toEqual({
      ok: false,
      message: "Role minagri cannot log in to database minagri on db.example:5432: the database takes no connections",
    });
  });

  it("lets the failure of the server through: it says nothing about the module", async () => {
    const down = access(() => Promise.reject(new TransientError("DependencyUnavailable", "no answer")));
    await expect(probeDatabase(desired, down, signal)).rejects.toThrow("no answer");
  });

  it("fails where no database was asked for", async () => {
    const unused = access(() => Promise.resolve({ kind: "ok" }));
    expect(await probeDatabase({ claims: [], secrets: [], resolved: {} }, unused, signal)).toMatchObject({ ok: false });
  });
});
