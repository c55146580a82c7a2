import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeNumSpot } from "../servers/fake-numspot.ts";
import { pinnedFetch } from "../support/local-web.ts";
import { fill, soundSpace } from "../support/numspot-worlds.ts";

interface Told {
  readonly status: number;
  readonly type: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

describe("the FAKE NumSpot behaves as NumSpot's documentation says", () => {
  let now: number;
  let fake: FakeNumSpot;
  let call: (method: string, path: string, body?: object) => Promise<Told>;

  beforeEach(async () => {
    now = Date.parse("2026-06-01T08:00:00Z");
    fake = await FakeNumSpot.start({ now: () => now, tokenSeconds: 600 });
    const fetch = pinnedFetch("localhost", fake.authority);
    let authorization = `Basic ${Buffer.from(`${fake.account.id}:${fake.account.secret}`).toString("base64")}`;
    call = async (method, path, body) => {
      const text = body instanceof URLSearchParams ? body.toString() : JSON.stringify(body);
      const headers = { authorization };
      const answer = await fetch(`${fake.origin}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: text }),
      });
      const json = (await answer.json()) as Told["body"];
      return { status: answer.status, type: answer.headers.get("content-type"), body: json };
    };
    const token = await call("POST", "/iam/token", new URLSearchParams({ grant_type: "client_credentials" }));
    authorization = `Bearer ${String(token.body["access_token"])}`;
  });

  afterEach(() => fake.stop());

  test("a token ends when its time is over", async () => {
    expect(await call("GET", "/kubernetes/versions")).toMatchObject({ status: 200 });
    now += 601_000;
    expect(await call("GET", "/kubernetes/versions")).toMatchObject({
      status: 401,
      type: "application/problem+json",
      body: { type: "urn:numspot:errors#unauthenticated_access" },
    });
  });

  test("a list has 30 items on a page, without a wish", async () => {
    fake.loadBalancers.push(...Array.from({ length: 31 }, (_, index) => ({ name: `lb-${index}` })));
    const path = `/compute/spaces/${fake.space}/loadBalancers`;
    const { body } = await call("GET", path);
    expect(body["items"]).toHaveLength(30);
    const rest = await call("GET", `${path}?page[nextToken]=${String(body["nextPageToken"])}`);
    expect(rest.body).toEqual({ items: [{ name: "lb-30" }] });
  });

  test("a cluster takes its time, has a name of its own, a supported version, and no PATCH", async () => {
    const path = `/kubernetes/spaces/${fake.space}/clusters`;
    const made = await call("POST", path, { name: "suite", version: "1.34" });
    expect(made).toMatchObject({ status: 201, body: { visibility: "EXTERNAL", status: { state: "PENDING" } } });
    const at = `${path}/${String(made.body["id"])}`;
    now += 60_000;
    expect((await call("GET", at)).body).toMatchObject({ status: { state: "CREATING" } });
    now += 60_000;
    expect((await call("GET", at)).body).toMatchObject({ status: { state: "RUNNING" } });
    expect(await call("POST", path, { name: "suite", version: "1.34" })).toMatchObject({
      status: 409,
      body: { type: "urn:numspot:errors#conflict", dependencies: [{ resourceId: made.body["id"] }] },
    });
    expect(await call("POST", path, { name: "other", version: "1.31" })).toMatchObject({
      status: 400,
      body: { violations: [{ field: "version" }] },
    });
    expect(await call("PATCH", at, { version: "1.35" })).toMatchObject({ status: 405 });
  });

  test("a space is queued and made before it is ready", async () => {
    const path = `/organisations/${fake.organisation}/spaces`;
    const made = await call("POST", path, { name: "prod" });
    expect(made).toMatchObject({ status: 202, body: { status: "QUEUED" } });
    now += 10_000;
    expect((await call("GET", `${path}/${String(made.body["id"])}`)).body).toMatchObject({ status: "RUNNING" });
    now += 20_000;
    expect((await call("GET", `${path}/${String(made.body["id"])}`)).body).toMatchObject({ status: "READY" });
  });

  test("the volume of a database grows and never shrinks", async () => {
    fill(fake, soundSpace);
    const path = `/postgresql/spaces/${fake.space}/clusters/${soundSpace.databases[0]!.id}`;
    expect(await call("PATCH", path, { volume: { sizeGiB: 80 } })).toMatchObject({
      status: 200,
      body: { volume: { sizeGiB: 80 } },
    });
    expect(await call("PATCH", path, { volume: { sizeGiB: 60 } })).toMatchObject({ status: 400 });
  });

  test("an account has two access keys at most", async () => {
    const path = `/iam/organisations/${fake.organisation}/serviceAccounts/${fake.account.id}/aksk`;
    expect((await call("POST", path)).status).toBe(201);
    expect((await call("POST", path)).status).toBe(201);
    expect(await call("POST", path)).toMatchObject({ status: 409, body: { dependencies: [{}, {}] } });
  });
});
