import type { AppSuite, OpenXchangeApi } from "../../operator/openxchange/openxchange-api.ts";
import { SoapOpenXchangeApi } from "../../operator/openxchange/soap-openxchange-api.ts";
import { FakeAppSuite } from "../servers/fake-app-suite.ts";
import { InMemoryAppSuite } from "./in-memory-openxchange-api.ts";

/** What the vendor's own tools, or another tenant, do to a context by hand. */
export interface HandMade {
  readonly enabled?: boolean;
  readonly loginMappings?: readonly string[];
  readonly quotaMi?: number;
  /** Null takes it away. */
  readonly marker?: string | null;
  readonly administratorPassword?: string;
}

/** An App Suite with an administrator beside it, who looks and edits where the port does not. */
export interface AppSuiteWorld {
  readonly server: AppSuite;
  connect(server?: AppSuite): OpenXchangeApi;
  /** Made by somebody else. */
  addContext(name: string, made?: HandMade): void;
  edit(name: string, made: HandMade): void;
  remove(name: string): void;
  /** Sends whoever wants to log in under that host there. */
  sendLogins(host: string, to: string): void;
  /** Where people's browsers go. */
  readonly webServer: string;
  /** Everything that the server knows about the context of that name, for comparison. */
  snapshot(name: string): unknown;
  close(): Promise<void>;
}

export function inMemoryWorld(): AppSuiteWorld {
  const suite = new InMemoryAppSuite();
  const logins = new Map<string, string>();
  suite.loginPath = (_server, host) => {
    const location = logins.get(host);
    return { status: location === undefined ? 403 : 302, location };
  };
  const edit = (name: string, { marker, administratorPassword, loginMappings, ...rest }: HandMade): void => {
    const context = suite.contexts.get(name) ?? suite.addContext(name);
    Object.assign(context, rest);
    if (loginMappings !== undefined) context.loginMappings = [...loginMappings];
    if (marker !== undefined) context.marker = marker ?? undefined;
    if (administratorPassword !== undefined) context.administrator.password = administratorPassword;
  };
  return {
    server: suite.server,
    connect: (server) => suite.connect(server),
    addContext: (name, made = {}) => {
      edit(name, made);
    },
    edit,
    remove: (name) => void suite.contexts.delete(name),
    sendLogins: (host, to) => void logins.set(host, to),
    webServer: "https://appsuite.test",
    snapshot: (name) => structuredClone(suite.contexts.get(name)),
    close: () => Promise.resolve(),
  };
}

/** The adapter before a FAKE of the real server. */
export async function fakeWorld(options: { readonly tellsFaultClasses: boolean }): Promise<AppSuiteWorld> {
  const fake = await FakeAppSuite.start(options);
  const opened: OpenXchangeApi[] = [];
  const { login: username, password } = fake.master;
  const server: AppSuite = { url: `${fake.origin}/webservices`, username, password };
  const edit = (name: string, made: HandMade): void => {
    const context = fake.byName(name);
    if (context === undefined) throw new Error(`No context ${name}`);
    const { enabled, loginMappings, quotaMi, marker, administratorPassword } = made;
    if (enabled !== undefined) context.enabled = enabled;
    if (loginMappings !== undefined) context.mappings = new Set([...loginMappings, String(context.id), name]);
    if (quotaMi !== undefined) context.maxQuota = quotaMi;
    if (marker === null) context.attributes.get("socle.dev")?.delete("owner");
    else if (marker !== undefined)
      context.attributes.set("socle.dev", new Map([...(context.attributes.get("socle.dev") ?? []), ["owner", marker]]));
    if (administratorPassword !== undefined) context.administrator.password = administratorPassword;
  };
  return {
    server,
    connect: (other = server) => {
      const api = new SoapOpenXchangeApi(other);
      opened.push(api);
      return api;
    },
    addContext: (name, made = {}) => {
      const id = fake.contexts.size + 2;
      const administrator = { name: "admin", password: "theirs" };
      const mappings = new Set([String(id), name]);
      fake.contexts.set(id, {
        id,
        name,
        enabled: true,
        maxQuota: 1024,
        mappings,
        attributes: new Map(),
        administrator,
      });
      edit(name, made);
    },
    edit,
    remove: (name) => void fake.contexts.delete(fake.byName(name)?.id ?? 0),
    sendLogins: (host, to) => void fake.logins.set(host, to),
    webServer: fake.origin,
    snapshot: (name) => structuredClone(fake.byName(name)),
    close: async () => {
      await Promise.all(opened.map((api) => api.close()));
      await fake.stop();
    },
  };
}
