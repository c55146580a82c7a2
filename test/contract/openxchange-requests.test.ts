import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { candidateIds } from "../../operator/openxchange/context-id.ts";
import type { AppSuite, ContextChange } from "../../operator/openxchange/openxchange-api.ts";
import { SoapOpenXchangeApi } from "../../operator/openxchange/soap-openxchange-api.ts";
import { TransientError } from "../../operator/runtime/errors.ts";
import { FakeAppSuite, type FakeContext } from "../servers/fake-app-suite.ts";

const never = new AbortController().signal;
const marker = '{"tenant":"meteo"}';
const making: ContextChange = {
  kind: "create",
  context: {
    name: "meteo",
    marker,
    loginMappings: ["meteo.example"],
    quotaMi: 10,
    administrator: { name: "oxadmin", email: "oxadmin@meteo.example" },
  },
  applied: "note",
  why: "",
};
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function fakeAndApi(wish: Partial<AppSuite> = {}): Promise<{ fake: FakeAppSuite; api: SoapOpenXchangeApi }> {
  const fake = await FakeAppSuite.start();
  closers.push(() => fake.stop());
  const { login: username, password } = fake.master;
  return { fake, api: open({ url: `${fake.origin}/webservices/`, username, password, ...wish }) };
}

function open(suite: AppSuite): SoapOpenXchangeApi {
  const api = new SoapOpenXchangeApi(suite);
  closers.push(() => api.close());
  return api;
}

const make = (api: SoapOpenXchangeApi) => api.execute(making, { password: "own-password", signal: never });
const failure = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

function somebodys(fake: FakeAppSuite, id: number, mappings: readonly string[] = []): void {
  const context: FakeContext = {
    id,
    name: `theirs${id}`,
    enabled: true,
    maxQuota: 1,
    mappings: new Set(mappings),
    attributes: new Map(),
    administrator: { name: "admin", password: "theirs" },
  };
  fake.contexts.set(id, context);
}

describe("the number of a new context", () => {
  test("is the next one where somebody has the first", async () => {
    const { fake, api } = await fakeAndApi();
    const [first = 0, second] = candidateIds("meteo");
    somebodys(fake, first);
    await make(api);
    expect(fake.byName("meteo")?.id).toBe(second);
    expect(fake.contexts.get(first)?.name).toBe(`theirs${first}`);
  });

  test("is not looked for any more where all candidates are taken, and nothing is made", async () => {
    const { fake, api } = await fakeAndApi();
    for (const id of candidateIds("meteo")) somebodys(fake, id);
    expect(await failure(make(api))).toMatchObject({ constructor: TransientError, message: /no number is free/ });
    expect(fake.byName("meteo")).toBeUndefined();
  });

  test.each(["InvalidDataException", "ContextExistsException"])(
    "is not what a taken mail domain is about: it is said once, for a person, when the server throws %s",
    async (faultClass) => {
      const { fake, api } = await fakeAndApi();
      fake.faultOfTakenMapping = faultClass;
      somebodys(fake, 7, ["meteo.example"]);
      expect(await failure(make(api))).toMatchObject({ name: "TerminalError", message: /mail domain/ });
      expect(fake.contexts.size).toBe(1);
    },
  );
});

describe("passwords", () => {
  test("are in the body of a message, and of no error", async () => {
    const { fake, api } = await fakeAndApi({ password: "<wrong & 'hostile'>" });
    const error = await failure(make(api));
    expect(error).toMatchObject({ reason: "PermissionMissing" });
    expect(fake.received[0]).toContain("&lt;wrong &amp; 'hostile'&gt;");
    expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toMatch(/wrong|own-pass/);
  });

  test("do not go to an address where others can read them: no request is sent", async () => {
    const api = open({ url: "http://ox.example/webservices", username: "oxadminmaster", password: "a-secret" });
    for (const work of [api.ping(never), api.observe("meteo", never), make(api)])
      expect(await failure(work)).toMatchObject({
        name: "TerminalError",
        reason: "InvalidSpec",
        message: /spec\.openXchange\.url http:\/\/ox\.example\/webservices is not https/,
      });
  });

  test("that XML cannot carry are refused without being told", async () => {
    const { fake, api } = await fakeAndApi({ password: "a-secret\u0007" });
    const error = await failure(api.ping(never));
    expect(error).toMatchObject({ name: "TerminalError", reason: "InvalidSpec", message: /control character/ });
    expect(String(error)).not.toContain("a-secret");
    expect(fake.received).toEqual([]);
  });

  test("of the database, which an answer tells, are kept nowhere", async () => {
    const { api } = await fakeAndApi();
    await make(api);
    expect(JSON.stringify(await api.observe("meteo", never))).not.toContain("password");
  });
});

describe("a server that does not behave", () => {
  test.each<[string, number, string, string]>([
    ["a page of a proxy", 502, "<html><body>Bad Gateway</body></html>", "DependencyUnavailable"],
    ["a page that says all is well", 200, "<html><body>Welcome</body></html>", "DependencyUnavailable"],
    ["a login page", 403, "who are you?", "PermissionMissing"],
    ["a document type", 200, '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "DependencyUnavailable"],
    ["too much", 200, `<a>${" ".repeat(2_000_000)}</a>`, "DependencyUnavailable"],
    ["too deep", 200, "<a>".repeat(100_000), "DependencyUnavailable"],
    ["an empty context", 200, "", "DependencyUnavailable"],
  ])("answers with %s", async (_what, status, body, reason) => {
    const { fake, api } = await fakeAndApi();
    fake.broken = { status, body };
    expect(await failure(api.observe("meteo", never))).toMatchObject({ constructor: TransientError, reason });
  });

  test("has other services at that address: the field that says where is named", async () => {
    const { fake } = await fakeAndApi();
    const api = open({ url: fake.origin, username: "a", password: "b" });
    expect(await failure(api.ping(never))).toMatchObject({ message: /HTTP 404.*spec\.openXchange\.url/ });
  });

  test("says nothing before the deadline of the caller", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    closers.push(async () => {
      silent.closeAllConnections();
      await new Promise((resolve) => silent.close(resolve));
    });
    const { port } = silent.address() as AddressInfo;
    const api = open({ url: `http://127.0.0.1:${port}/webservices`, username: "a", password: "b" });
    expect(await failure(api.ping(AbortSignal.timeout(50)))).toMatchObject({ reason: "DependencyUnavailable" });
  });

  test("is gone", async () => {
    const { fake, api } = await fakeAndApi();
    const { origin: server } = fake;
    await fake.stop();
    closers.splice(0, 1);
    expect(await failure(api.ping(never))).toMatchObject({ reason: "DependencyUnavailable", message: /ECONNREFUSED/ });
    expect(await api.loginPath({ server, host: "mail.meteo.example" }, never)).toEqual({
      status: 0,
      location: undefined,
    });
  });
});
