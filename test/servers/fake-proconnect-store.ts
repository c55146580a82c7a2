import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider";

/** Sessions, codes and tokens of one instance, in memory. What has expired is told from what is stored: nothing is cleared away in the hours that a test or a demo lasts. */
export function inMemoryStore(): AdapterFactory {
  return () => adapterOf(new Map());
}

function adapterOf(stored: Map<string, AdapterPayload>): Adapter {
  const firstWith = (key: "uid" | "userCode", value: string): Promise<AdapterPayload | undefined> =>
    Promise.resolve([...stored.values()].find((payload) => payload[key] === value));
  return {
    upsert: (id, payload) => {
      stored.set(id, payload);
      return Promise.resolve();
    },
    find: (id) => Promise.resolve(stored.get(id)),
    findByUid: (uid) => firstWith("uid", uid),
    findByUserCode: (code) => firstWith("userCode", code),
    consume: (id) => {
      const payload = stored.get(id);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
      return Promise.resolve();
    },
    destroy: (id) => {
      stored.delete(id);
      return Promise.resolve();
    },
    revokeByGrantId: (grantId) => {
      for (const [id, payload] of stored) if (payload.grantId === grantId) stored.delete(id);
      return Promise.resolve();
    },
  };
}
