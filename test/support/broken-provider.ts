import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What is wrong with an identity provider for somebody who asks for its discovery document. */
export type Breakage =
  /** A page for people, with HTTP 200: what a captive portal or a maintenance page answers. */
  | { readonly kind: "page" }
  /** It sends whoever asks elsewhere: to an address inside, perhaps. */
  | { readonly kind: "redirect"; readonly to: string }
  /** The right answer, too late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** Nobody listens. */
  | { readonly kind: "down" };

export interface BrokenProvider {
  readonly issuer: string;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** An identity provider of the loopback that has no working discovery. */
export async function startBrokenProvider(breakage: Breakage): Promise<BrokenProvider> {
  const asked: string[] = [];
  const late = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    asked.push(request.url ?? "/");
    switch (breakage.kind) {
      case "redirect":
        response.writeHead(302, { location: breakage.to }).end();
        return;
      case "slow":
        late.add(
          setTimeout(() => {
            response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(discoveryOf(issuer)));
          }, breakage.ms),
        );
        return;
      case "page":
      case "down":
        response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Maintenance</title>");
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2`;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      for (const timer of late) clearTimeout(timer);
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  if (breakage.kind === "down") await stop();
  return { issuer, asked, stop };
}

function discoveryOf(issuer: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    end_session_endpoint: `${issuer}/session/end`,
    response_types_supported: ["code"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}
