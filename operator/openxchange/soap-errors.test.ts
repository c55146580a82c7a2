import { describe, expect, it } from "vitest";
import { addressProblem, faultError, networkError, statusError } from "./soap-errors.ts";

const attempt = { server: "ox.example", doing: "create context meteo" };

describe("errors of the App Suite", () => {
  it.each<[string | undefined, string, string]>([
    ["InvalidCredentialsException", "TransientError", "PermissionMissing"],
    ["ContextExistsException", "AlreadyExistsError", "Conflict"],
    ["NoSuchContextException", "ConflictError", "Conflict"],
    ["InvalidDataException", "TerminalError", "InvalidSpec"],
    ["StorageException", "TransientError", "DependencyUnavailable"],
    ["DatabaseUpdateException", "TransientError", "DependencyUnavailable"],
    ["RemoteException", "TransientError", "DependencyUnavailable"],
    [undefined, "TransientError", "DependencyUnavailable"],
  ])("a fault of class %s is a %s for %s, and says what was tried where", (faultClass, name, reason) => {
    const error = faultError(faultClass, attempt);
    expect(error).toMatchObject({ name, reason });
    expect(error.message).toContain("App Suite ox.example: cannot create context meteo: ");
    expect(error.message).toContain(faultClass ?? "no class");
  });

  it.each<[number, string, string]>([
    [401, "PermissionMissing", "HTTP 401"],
    [403, "PermissionMissing", "HTTP 403"],
    [404, "DependencyUnavailable", "/webservices"],
    [503, "DependencyUnavailable", "HTTP 503"],
  ])("HTTP %s without SOAP is %s", (status, reason, says) => {
    const error = statusError(status, attempt);
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(says);
  });

  it("tells a network fault by its code alone", () => {
    const fault = Object.assign(new Error("a-secret in the text"), { code: "ECONNRESET" });
    expect(networkError(fault, attempt).message).toBe(
      "App Suite ox.example: cannot create context meteo: no answer (ECONNRESET).",
    );
    expect(networkError(undefined, attempt).message).toContain("connection closed");
  });
});

describe("the address of the services", () => {
  it.each([
    "https://ox.example/webservices",
    "http://localhost:8009/webservices",
    "http://127.0.0.1/webservices",
    "http://[::1]:8009/webservices",
  ])("%s may carry a password", (url) => {
    expect(addressProblem(url)).toBeUndefined();
  });

  it.each([
    "http://ox.example/webservices",
    "http://127.0.0.1.ox.example/",
    "http://10.0.0.1/",
    "http://localhost.example/",
  ])("%s may not, and the field is named", (url) => {
    expect(addressProblem(url)).toContain("spec.openXchange.url");
  });
});
