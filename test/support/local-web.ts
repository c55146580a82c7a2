import { lookup, type LookupAddress, type LookupOptions } from "node:dns";
import { Agent, fetch as undiciFetch } from "undici";

type Fetch = typeof fetch;
type Answer = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** `fetch` as a browser of this machine does it: names below localhost are the loopback (RFC 6761), and that authority is trusted. */
export function localFetch(authority: string): Fetch {
  const agent = new Agent({ connect: { ca: authority, lookup: loopbackFirst } });
  return through(agent);
}

/** `fetch` for one server that answers on the loopback under another name, which its certificate bears. */
export function pinnedFetch(serverName: string, authority: string): Fetch {
  return through(new Agent({ connect: { ca: authority, servername: serverName } }));
}

function through(dispatcher: Agent): Fetch {
  return ((url: Parameters<typeof undiciFetch>[0], init?: Parameters<typeof undiciFetch>[1]) =>
    undiciFetch(url, { ...init, dispatcher })) as unknown as Fetch;
}

function loopbackFirst(host: string, options: LookupOptions, answer: Answer): void {
  if (!host.endsWith(".localhost")) {
    lookup(host, options, answer as never);
    return;
  }
  if (options.all === true) answer(null, [{ address: "127.0.0.1", family: 4 }]);
  else answer(null, "127.0.0.1", 4);
}
