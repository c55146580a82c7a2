import { describe, expect, it } from "vitest";
import { postgresError, sqlState } from "./pg-errors.ts";

const attempt = { server: "db.example:5432", account: "platform", doing: "create role minagri" };

describe("sqlState", () => {
  it.each([
    [{ code: "28P01" }, "28P01"],
    [{ code: "ECONNREFUSED" }, undefined],
    [{ code: "EPIPE" }, undefined],
    [{ code: "P0001" }, "P0001"],
    [{ code: 28 }, undefined],
    [new Error("Connection terminated unexpectedly"), undefined],
    [undefined, undefined],
    [null, undefined],
  ])("of %o is %s", (thrown, state) => {
    expect(sqlState(thrown)).toBe(state);
  });
});

describe("postgresError", () => {
  it.each([
    ["28P01", "TransientError", "PermissionMissing", "the server refuses the login of platform"],
    ["28000", "TransientError", "PermissionMissing", "the server refuses the login of platform"],
    ["42501", "TransientError", "PermissionMissing", "platform lacks a right"],
    ["42710", "AlreadyExistsError", "Conflict", "somebody else made it meanwhile"],
    ["42P04", "AlreadyExistsError", "Conflict", "somebody else made it meanwhile"],
    ["23505", "AlreadyExistsError", "Conflict", "somebody else made it meanwhile"],
    ["42704", "ConflictError", "Conflict", "the role is gone meanwhile"],
    ["3D000", "TransientError", "DependencyUnavailable", "the operator itself works in database postgres"],
    ["2BP01", "TerminalError", "RemovalBlocked", "reassign or drop them"],
    ["42939", "TerminalError", "InvalidSpec", "the server reserves this name"],
    ["42602", "TerminalError", "InvalidSpec", "the server reserves this name"],
    ["08006", "TransientError", "DependencyUnavailable", "not able to now"],
    ["25006", "TransientError", "DependencyUnavailable", "not able to now"],
    ["40001", "TransientError", "DependencyUnavailable", "not able to now"],
    ["53300", "TransientError", "DependencyUnavailable", "not able to now"],
    ["55006", "TransientError", "DependencyUnavailable", "not able to now"],
    ["55P03", "TransientError", "DependencyUnavailable", "not able to now"],
    ["57014", "TransientError", "DependencyUnavailable", "not able to now"],
    ["57P01", "TransientError", "DependencyUnavailable", "not able to now"],
    ["57P03", "TransientError", "DependencyUnavailable", "not able to now"],
    ["58030", "TransientError", "DependencyUnavailable", "not able to now"],
    ["XX000", "TransientError", "DependencyUnavailable", "not able to now"],
    ["42601", "InternalError", "InternalError", "unexpected SQLSTATE 42601"],
  ])("of SQLSTATE %s is a %s (%s) that says: %s", (code, name, reason, words) => {
    const error = postgresError({ code, message: "near PASSWORD 'hidden'" }, attempt);
    expect(error).toMatchObject({ name, reason, message: expect.stringContaining(words) });
    expect(error.message).toContain(code);
    expect(error.message).toMatch(/^PostgreSQL db\.example:5432: cannot create role minagri: /);
  });

  it.each([
    ["ECONNREFUSED", "ECONNREFUSED"],
    ["ENOTFOUND", "ENOTFOUND"],
    ["EPIPE", "EPIPE"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "SELF_SIGNED_CERT_IN_CHAIN"],
    [undefined, "connection closed"],
  ])("without an answer (%s) is unavailable", (code, words) => {
    expect(postgresError({ code }, attempt)).toMatchObject({
      name: "TransientError",
      reason: "DependencyUnavailable",
      message: expect.stringContaining(`no answer (${words})`),
    });
  });

  it("carries nothing of what the server or the driver said, which may repeat what was sent", () => {
    const thrown = Object.assign(new Error("syntax error at PASSWORD 'hidden'"), { code: "42601", detail: "hidden" });
    const error = postgresError(thrown, attempt);
    expect(error.message).not.toContain("hidden");
    expect(error.cause).toBeUndefined();
  });
});
