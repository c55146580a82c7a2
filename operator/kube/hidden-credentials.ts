import type { Credentials } from "../runtime/transport.ts";

/** The same credentials, whose secret is told before it is first sent: tokens rotate, and a server may repeat what it was sent. */
export function hiddenCredentials(credentials: Credentials, onSecret: (value: string) => void): Credentials {
  return {
    headers: async () => {
      const headers = await credentials.headers();
      const sent = Object.entries(headers).filter(([name]) => name.toLowerCase() === "authorization");
      for (const [, value] of sent) onSecret(value.replace(/^\S+ /, ""));
      return headers;
    },
    ...(credentials.tls === undefined ? {} : { tls: credentials.tls.bind(credentials) }),
    invalidate: credentials.invalidate.bind(credentials),
  };
}
