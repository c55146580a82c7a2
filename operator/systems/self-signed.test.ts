import { X509Certificate } from "node:crypto";
import { connect, createServer } from "node:tls";
import { expect, test } from "vitest";
import { selfSigned } from "./self-signed.ts";

const now = Date.UTC(2026, 0, 2);
const name = "postgresql.t-minagri-data.svc";

test("the certificate names its hosts, ends when it was asked to, and is signed by its authority and nobody else", async () => {
  const made = await selfSigned({ names: [name, `${name}.cluster.local`], days: 10, now });
  const certificate = new X509Certificate(made.certificate);
  const authority = new X509Certificate(made.authority);
  expect(certificate.checkHost(`${name}.cluster.local`)).toBe(`${name}.cluster.local`);
  expect(certificate.checkHost("other.svc")).toBeUndefined();
  expect(certificate.validToDate.getTime()).toBe(now + 10 * 86_400_000);
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  const other = new X509Certificate((await selfSigned({ names: [name], days: 10, now })).authority);
  expect(certificate.verify(other.publicKey)).toBe(false);
});

test("a client that pins the authority connects by name, and to no other server", async () => {
  const made = await selfSigned({ names: [name], days: 10, now: Date.now() });
  const impostor = await selfSigned({ names: [name], days: 10, now: Date.now() });
  const reached = async (served: typeof made): Promise<boolean> => {
    const server = createServer({ cert: served.certificate, key: served.key }, (socket) => socket.end());
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { readonly port: number };
    const options = { host: "127.0.0.1", port, servername: name, ca: made.authority };
    return await new Promise<boolean>((resolve) => {
      const socket = connect(options, () => {
        resolve(socket.authorized);
        socket.destroy();
      });
      socket.once("error", () => {
        resolve(false);
      });
    }).finally(() => server.close());
  };
  expect(await reached(made)).toBe(true);
  expect(await reached(impostor)).toBe(false);
});
