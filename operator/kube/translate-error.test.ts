import { describe, expect, it } from "vitest";
import { FieldConflictError, TransientError, WaitingError } from "../runtime/errors.ts";
import type { Answer } from "../runtime/transport.ts";
import { type Attempted, attemptText, isNotFound, translateAnswer } from "./translate-error.ts";

const answer = (status: number, json?: object, retryAfterMs?: number): Answer => ({
  status,
  json,
  location: undefined,
  retryAfterMs,
});
const status = (reason: string | undefined, more: object = {}): object => ({
  kind: "Status",
  ...(reason === undefined ? {} : { reason }),
  message: "words of the server",
  ...more,
});
const causes = (...list: object[]): object => ({ details: { kind: "widgets", causes: list } });
const apply: Attempted = { verb: "apply", kind: "ConfigMap", namespace: "t-a", name: "settings" };
const typedPatch = { message: "failed to create typed patch object (t-a/x): .spec.y: field not declared in schema" };

describe("translateAnswer", () => {
  it.each<[string, Partial<Attempted>, Answer, string, string]>([
    [
      "a field that the schema refuses",
      {},
      answer(422, status("Invalid", causes({ reason: "FieldValueInvalid", field: "spec.x" }))),
      "TerminalError",
      "InvalidSpec",
    ],
    [
      "an unknown field of a create",
      { verb: "create" },
      answer(400, status("BadRequest")),
      "TerminalError",
      "InvalidSpec",
    ],
    [
      "an unknown field of an apply, which comes as 500",
      {},
      answer(500, status(undefined, typedPatch)),
      "TerminalError",
      "InvalidSpec",
    ],
    [
      "the same words where nothing was applied",
      { verb: "get" },
      answer(500, status(undefined, typedPatch)),
      "TransientError",
      "ProviderUnreachable",
    ],
    [
      "the same words with a reason",
      {},
      answer(500, status("InternalError", typedPatch)),
      "TransientError",
      "ProviderUnreachable",
    ],
    ["a body that is too large", {}, answer(413, status("RequestEntityTooLarge")), "TerminalError", "InvalidSpec"],
    [
      "a policy that answers 422",
      {},
      answer(422, status("Invalid", causes({ message: "no" }))),
      "TerminalError",
      "PolicyDenied",
    ],
    [
      "a policy that answers 403",
      {},
      answer(403, status("Forbidden", causes({ message: "no" }))),
      "TerminalError",
      "PolicyDenied",
    ],
    [
      "a refusal whose body was cut off: a conflict that came so stopped a tenant until somebody changed it",
      { verb: "patch" },
      answer(422),
      "TransientError",
      "ProviderUnreachable",
    ],
    ["a 400 in the words of a proxy", {}, answer(400), "TransientError", "ProviderUnreachable"],
    ["a webhook without a reason", {}, answer(400, status(undefined)), "TerminalError", "PolicyDenied"],
    [
      "a webhook that forbids, which a proxy may do too",
      {},
      answer(403, status("Forbidden")),
      "TransientError",
      "PolicyDenied",
    ],
    [
      "a uid that is another's",
      {},
      answer(422, status("Invalid", causes({ reason: "FieldValueInvalid", field: "metadata.uid" }))),
      "ConflictError",
      "Conflict",
    ],
    ["a patch whose test failed", { verb: "patch" }, answer(422, status("Invalid")), "ConflictError", "Conflict"],
    ["a refusal without causes of an apply", {}, answer(422, status("Invalid")), "TerminalError", "InvalidSpec"],
    [
      "credentials that are not accepted",
      {},
      answer(401, status("Unauthorized")),
      "TransientError",
      "PermissionMissing",
    ],
    [
      "a right that is missing",
      {},
      answer(403, status("Forbidden", { details: { kind: "configmaps" } })),
      "TransientError",
      "PermissionMissing",
    ],
    ["a 403 that nobody signed", {}, answer(403), "TransientError", "PermissionMissing"],
    [
      "a namespace that ends",
      {},
      answer(403, status("Forbidden", causes({ reason: "NamespaceTerminating", field: "metadata.namespace" }))),
      "WaitingError",
      "Terminating",
    ],
    [
      "an object that is not there",
      {},
      answer(404, status("NotFound", { details: { kind: "configmaps" } })),
      "WaitingError",
      "NotObserved",
    ],
    [
      "a namespace that is not there",
      {},
      answer(404, status("NotFound", { details: { kind: "namespaces" } })),
      "WaitingError",
      "DependencyMissing",
    ],
    [
      "the namespace itself that is not there",
      { kind: "Namespace" },
      answer(404, status("NotFound", { details: { kind: "namespaces" } })),
      "WaitingError",
      "NotObserved",
    ],
    ["a kind that is not served", {}, answer(404), "TransientError", "DependencyMissing"],
    [
      "a name that is taken",
      { verb: "create" },
      answer(409, status("AlreadyExists")),
      "AlreadyExistsError",
      "Conflict",
    ],
    ["a version that is stale", {}, answer(409, status("Conflict")), "ConflictError", "Conflict"],
    [
      "fields of others",
      {},
      answer(
        409,
        status(
          "Conflict",
          causes({ reason: "FieldManagerConflict", field: ".data.a", message: 'conflict with "helm" using v1' }),
        ),
      ),
      "FieldConflictError",
      "FieldConflict",
    ],
    ["a version that is gone", { verb: "list" }, answer(410, status("Expired")), "ExpiredError", "Expired"],
    ["too many requests", {}, answer(429, status("TooManyRequests")), "TransientError", "ProviderUnreachable"],
    ["a failure of the server", {}, answer(500, status("InternalError")), "TransientError", "ProviderUnreachable"],
    ["a server that is not ready", {}, answer(503), "TransientError", "ProviderUnreachable"],
    ["a time-out of the server", {}, answer(504, status("Timeout")), "TransientError", "ProviderUnreachable"],
    ["a proxy that redirects", {}, answer(302), "TransientError", "ProviderUnreachable"],
    [
      "a method that is not allowed: a bug of ours",
      {},
      answer(405, status("MethodNotAllowed")),
      "InternalError",
      "InternalError",
    ],
    [
      "a media type that is not taken: a bug of ours",
      {},
      answer(415, status("UnsupportedMediaType")),
      "InternalError",
      "InternalError",
    ],
  ])("%s", (_claim, attempted, given, kind, reason) => {
    const error = translateAnswer(given, { ...apply, ...attempted });
    expect([error.name, error.reason]).toEqual([kind, reason]);
    expect(error.message).toContain(attemptText({ ...apply, ...attempted }));
  });

  it("says what was tried and what the server said", () => {
    expect(translateAnswer(answer(409, status("Conflict")), apply).message).toBe(
      "apply ConfigMap t-a/settings: words of the server",
    );
    expect(translateAnswer(answer(503), { verb: "list", kind: "Tenant" }).message).toBe(
      "list Tenant: the API server answered 503",
    );
  });

  it("names field and manager of each conflict", () => {
    const list = [
      { reason: "FieldManagerConflict", field: ".data.a", message: 'conflict with "helm" using v1 at 2026' },
      { reason: "FieldManagerConflict", field: ".data.b", message: "conflict with somebody" },
    ];
    const error = translateAnswer(answer(409, status("Conflict", causes(...list))), apply);
    expect(error instanceof FieldConflictError && error.conflicts).toEqual([
      { manager: "helm", field: ".data.a" },
      { manager: "somebody else", field: ".data.b" },
    ]);
  });

  it("hands on how long the server wants us to wait: header before body", () => {
    const details = { details: { retryAfterSeconds: 3 } };
    const wishes = [
      answer(429, status("TooManyRequests", details)),
      answer(429, status("X", details), 9_000),
      answer(429),
    ];
    for (const [index, wish] of [3_000, 9_000, undefined].entries()) {
      const error = translateAnswer(wishes[index]!, apply);
      expect(error instanceof TransientError && error.retryAfterMs).toBe(wish);
    }
  });

  it("looks soon again for an object that a status came before", () => {
    const error = translateAnswer(answer(404, status("NotFound")), apply);
    expect(error instanceof WaitingError && error.retryAfterMs).toBe(1_000);
  });

  describe("repeats no content", () => {
    const said = (attempted: Attempted, json: object, code = 422): string =>
      translateAnswer(answer(code, json), attempted).message;
    const secret: Attempted = { ...apply, kind: "Secret" };

    it("of a Secret, but names the field", () => {
      const json = status("Invalid", {
        message: 'data[a]: Invalid value: "s3cret"',
        ...causes({ reason: "FieldValueInvalid", field: "data[a]", message: 'Invalid value: "s3cret"' }),
      });
      expect(said(secret, json)).toBe("apply Secret t-a/settings: refused because of data[a]");
    });

    it("of a Secret whose body could not be read", () => {
      const json = status("BadRequest", { message: 'illegal base64 "s3cret"' });
      expect(said(secret, json, 400)).toBe("apply Secret t-a/settings: the API server answered 400");
    });

    it("of a patch that was refused as a whole", () => {
      const json = status("Invalid", { message: "whole object", ...causes({ field: "patch", reason: "X" }) });
      expect(said({ ...apply, verb: "patch" }, json)).toBe("patch ConfigMap t-a/settings: refused because of patch");
    });

    it("beyond what a person reads", () => {
      expect(said(apply, status("Conflict", { message: "x".repeat(100_000) }), 409).length).toBeLessThanOrEqual(2_000);
    });

    it("of an answer that is no Status", () => {
      expect(said(apply, { kind: "Secret", message: "s3cret" }, 500)).not.toContain("s3cret");
    });
  });
});

describe("isNotFound", () => {
  it.each([
    ["the server's own word", answer(404, status("NotFound")), true],
    ["a proxy's 404", answer(404), false],
    ["a path that is not served (yet)", answer(404, status(undefined)), false],
    ["something else", answer(410, status("NotFound")), false],
  ])("%s", (_what, given, expected) => {
    expect(isNotFound(given)).toBe(expected);
  });
});
