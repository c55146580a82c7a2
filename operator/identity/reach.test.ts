import { describe, expect, it } from "vitest";
import { addressProblem, type Reach, urlProblem } from "./reach.ts";

const nothing: Reach = { allowedHosts: [], allowedCIDRs: [] };
const rie: Reach = { allowedHosts: ["auth.agentconnect.rie.gouv.fr"], allowedCIDRs: ["10.20.0.0/16", "fd00:20::/32"] };

describe("an address that a tenant chose", () => {
  it.each([
    "https://auth.agentconnect.gouv.fr/api/v2/.well-known/openid-configuration",
    "https://idp.example:8443/",
    "https://[2a01:e0a::1]/",
    "https://193.51.208.13/",
  ])("may be called where it is public: %s", (url) => {
    expect(urlProblem(url, nothing)).toBeUndefined();
  });

  it.each([
    ["http://idp.example/", "not https"],
    ["ftp://idp.example/", "not https"],
    ["idp.example", "no URL"],
    ["https://user:pass@idp.example/", "user name or password"],
    ["https://localhost/", "name of this machine"],
    ["https://localhost./", "name of this machine"],
    ["https://keycloak/", "name of this machine"],
    ["https://keycloak.socle-identity.svc/", "name of this machine"],
    ["https://kubernetes.default.svc.cluster.local/", "name of this machine"],
    ["https://metadata.google.internal/", "name of this machine"],
    ["https://idp.localhost/", "name of this machine"],
  ])("is refused where it is not: %s", (url, why) => {
    expect(urlProblem(url, nothing)).toContain(why);
  });

  it.each([
    "https://idp.example\\@10.0.0.1/",
    "https://idp.example\n.other/",
    "https://idp.example/a\r\nb",
    "https:////idp.example/",
    "https:idp.example",
    "https://idp%2Eexample/",
    "https://idp。example/",
    "https://idp.example/ \u0000",
  ])("is refused where another program might read another one: %j", (url) => {
    expect(urlProblem(url, nothing)).toContain("programs read differently");
  });

  it.each([
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[::]/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://198.18.0.10/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
  ])("is refused in every notation of an address that is not public: %s", (url) => {
    expect(urlProblem(url, nothing)).toContain("no public address");
  });
});

describe("what a region lists", () => {
  it("opens its hosts at its addresses, and at public ones", () => {
    const [host = ""] = rie.allowedHosts;
    expect(urlProblem(`https://${host}/`, rie)).toBeUndefined();
    expect(addressProblem(host, "10.20.3.4", rie)).toBeUndefined();
    expect(addressProblem(host, "fd00:20::4", rie)).toBeUndefined();
    expect(addressProblem(host, "193.51.208.13", rie)).toBeUndefined();
    expect(addressProblem(host, "10.21.0.1", rie)).toContain("10.21.0.1");
    expect(addressProblem(host, "127.0.0.1", rie)).toContain("127.0.0.1");
  });

  it("opens no other name at its addresses: a name of a stranger's may point anywhere", () => {
    expect(addressProblem("idp.example", "10.20.3.4", rie)).toContain("allowedHosts");
  });

  it("opens its addresses where they are written as such", () => {
    expect(urlProblem("https://10.20.3.4/", rie)).toBeUndefined();
    expect(urlProblem("https://10.21.3.4/", rie)).toContain("no public address");
  });
});
