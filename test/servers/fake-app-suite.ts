import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseXml, XmlElement, type XmlNode } from "@rgrove/parse-xml";
import { create } from "xmlbuilder";

/** A context as the FAKE keeps it; attributes by namespace and name, as the real one shows them. */
export interface FakeContext {
  readonly id: number;
  name: string;
  enabled: boolean;
  maxQuota: number;
  mappings: Set<string>;
  attributes: Map<string, Map<string, string>>;
  administrator: { name: string; password: string };
}

/** What the FAKE is told to be like. */
export interface FakeAppSuiteOptions {
  /** False: faults carry a text and no class, as frameworks of services are known to send them. */
  readonly tellsFaultClasses: boolean;
}

/** A fault, by the class of its exception. */
class Fault extends Error {
  readonly faultClass: string;
  constructor(faultClass: string, message: string) {
    super(message);
    this.faultClass = faultClass;
  }
}

const soap = "http://schemas.xmlsoap.org/soap/envelope/";
const services = "http://soap.admin.openexchange.com";
const objects = "http://dataobjects.soap.admin.openexchange.com/xsd";
const credentials = "http://dataobjects.rmi.admin.openexchange.com/xsd";
/** The default of CHECK_CONTEXT_LOGIN_MAPPING_REGEXP. */
const mappingCharacters = /^[$%.+a-zA-Z0-9_-]*$/;

/**
 * A FAKE App Suite: an HTTP server of ours that answers the few operations which the operator uses, as the WSDL of its services and its documentation say,
 * and holds contexts in memory. It is no Open-Xchange: images and packages of the real one come from its vendor alone. It reads with another
 * parser than the operator, strictly, and minds the namespace of every element that it reads.
 */
export class FakeAppSuite {
  readonly contexts = new Map<number, FakeContext>();
  readonly master = { login: "oxadminmaster", password: "master-password" };
  /** Login pages: to which address a host sends people. */
  readonly logins = new Map<string, string>();
  /** Bodies of requests, for tests that look at what went over the wire. */
  readonly received: string[] = [];
  /** Class of the fault where a login mapping leads elsewhere already; which one the real server throws has changed between its versions. */
  faultOfTakenMapping = "InvalidDataException";
  /** Set: every request is answered so, whatever it asks. */
  broken: { readonly status: number; readonly body: string } | undefined;
  readonly #options: FakeAppSuiteOptions;
  readonly #server: Server;

  private constructor(options: FakeAppSuiteOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
  }

  static async start(options: FakeAppSuiteOptions = { tellsFaultClasses: true }): Promise<FakeAppSuite> {
    const fake = new FakeAppSuite(options);
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  byName(name: string): FakeContext | undefined {
    return [...this.contexts.values()].find((context) => context.name === name);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname } = new URL(request.url ?? "/", this.origin);
    if (this.broken !== undefined) {
      response.writeHead(this.broken.status, { "content-type": "text/html" }).end(this.broken.body);
      return;
    }
    if (pathname === "/appsuite/api/oidc/init") {
      const location = this.logins.get(request.headers.host ?? "");
      response.writeHead(location === undefined ? 403 : 302, location === undefined ? {} : { location }).end();
      return;
    }
    const service = /^\/webservices\/(OXContextService|OXUserService)$/.exec(pathname)?.[1];
    if (service === undefined || request.method !== "POST") {
      response.writeHead(404, { "content-type": "text/html" }).end("<html><body>Not Found</body></html>");
      return;
    }
    const body = Buffer.concat(chunks).toString("utf8");
    this.received.push(body);
    const { status, text } = this.#answer(service, body);
    response.writeHead(status, { "content-type": "text/xml;charset=UTF-8" }).end(text);
  }

  #answer(service: string, body: string): { readonly status: number; readonly text: string } {
    try {
      const operation = operationOf(body);
      const returned = service === "OXUserService" ? this.#user(operation) : this.#context(operation);
      return { status: 200, text: returned === undefined ? "" : envelope(operation.name, returned) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const faultClass = error instanceof Fault && this.#options.tellsFaultClasses ? error.faultClass : undefined;
      return { status: 500, text: faultEnvelope(error.message, faultClass) };
    }
  }

  #context(operation: Operation): Returned | undefined {
    const auth = operation.part("auth", credentials);
    const given = operation.part("ctx", objects);
    if (auth("login") !== this.master.login || auth("password") !== this.master.password)
      throw new Fault("InvalidCredentialsException", `Authentication failed for ${auth("login") ?? ""}`);
    switch (operation.name) {
      case "exists":
        return { text: String(this.#find(given) !== undefined) };
      case "create":
        return { context: this.#create(given, operation.part("admin_user", objects)) };
      case "getData":
        return { context: this.#existing(given) };
      case "change":
        this.#change(this.#existing(given), given);
        return undefined;
      case "enable":
        this.#existing(given).enabled = true;
        return undefined;
      case "disable":
        this.#existing(given).enabled = false;
        return undefined;
      case "delete":
        this.contexts.delete(this.#existing(given).id);
        return undefined;
      default:
        throw new Error(`No such operation: ${operation.name}`);
    }
  }

  /** Accounts of a context are asked for with the password of its own administrator. */
  #user(operation: Operation): Returned {
    const auth = operation.part("auth", credentials);
    const { administrator } = this.#existing(operation.part("ctx", objects));
    if (auth("login") !== administrator.name || auth("password") !== administrator.password)
      throw new Fault("InvalidCredentialsException", `Authentication failed for ${auth("login") ?? ""}`);
    if (operation.name !== "exists") throw new Error(`No such operation: ${operation.name}`);
    return { text: String(operation.part("user", objects)("name") === administrator.name) };
  }

  #find(given: Part): FakeContext | undefined {
    const [id, name] = [given("id"), given("name")];
    if (id !== undefined) return this.contexts.get(Number(id));
    if (name !== undefined) return this.byName(name);
    throw new Fault("InvalidDataException", "Neither identifier nor name is given");
  }

  #existing(given: Part): FakeContext {
    const found = this.#find(given);
    if (found === undefined) throw new Fault("NoSuchContextException", `Context ${given("name") ?? ""} does not exist`);
    return found;
  }

  #create(given: Part, user: Part): FakeContext {
    const [id, name = ""] = [Number(given("id") ?? Number.NaN), given("name")];
    if (!Number.isInteger(id)) throw new Fault("InvalidDataException", "Mandatory fields in context not set: [id]");
    const unset = ["name", "password", "display_name", "given_name", "sur_name", "primaryEmail", "email1"].filter(
      (field) => (user(field) ?? "") === "",
    );
    if (unset.length > 0)
      throw new Fault("InvalidDataException", `Mandatory fields in admin user not set: ${unset.join(", ")}`);
    if (user("email1") !== user("primaryEmail"))
      throw new Fault("InvalidDataException", "email1 and primaryEmail are not equal");
    if (this.contexts.has(id)) throw new Fault("ContextExistsException", "Context already exists!");
    if (this.byName(name) !== undefined) throw new Fault("InvalidDataException", `Context ${name} already exists!`);
    const context: FakeContext = {
      id,
      name,
      enabled: true,
      maxQuota: -1,
      mappings: new Set(),
      attributes: new Map(),
      administrator: { name: user("name") ?? "", password: user("password") ?? "" },
    };
    this.#change(context, given);
    context.mappings.add(name);
    this.contexts.set(id, context);
    return context;
  }

  /** What is not given stays. Mappings replace each other as a whole, attributes one by one; the number always leads to the context. */
  #change(context: FakeContext, given: Part): void {
    const mappings = given.all("loginMappings");
    const illegal = mappings.find((word) => !mappingCharacters.test(word));
    if (illegal !== undefined) throw new Fault("InvalidDataException", `Illegal chars in login mapping ${illegal}`);
    for (const other of this.contexts.values())
      if (other.id !== context.id && mappings.some((word) => other.mappings.has(word)))
        throw new Fault(this.faultOfTakenMapping, "A login mapping exists already");
    if (mappings.length > 0) context.mappings = new Set([...mappings, String(context.id)]);
    const quota = given("maxQuota");
    if (quota !== undefined) context.maxQuota = Number(quota);
    for (const [space, entries] of given.map("userAttributes")) {
      const kept = context.attributes.get(space) ?? new Map<string, string>();
      context.attributes.set(space, new Map([...kept, ...entries]));
    }
  }
}

/** The fields of one part of a request. */
interface Part {
  (field: string): string | undefined;
  all(field: string): readonly string[];
  map(field: string): ReadonlyMap<string, ReadonlyMap<string, string>>;
}

interface Operation {
  readonly name: string;
  part(name: string, namespace: string): Part;
}

type Returned = { readonly text: string } | { readonly context: FakeContext };

function operationOf(body: string): Operation {
  const root = parseXml(body).root;
  if (root === null) throw new Error("An empty message");
  const inner = only(only({ at: root, space: "" }, soap, "Envelope", true), soap, "Body");
  const [operation] = inner.at.children.filter(isElement);
  if (operation === undefined) throw new Error("An empty body");
  const called = { at: operation, space: spaceOf(operation, inner.space) };
  if (called.space !== services) throw new Error(`Namespace ${called.space} has no operations`);
  return {
    name: operation.name,
    part: (name, namespace) => partOf(only(called, services, name), namespace),
  };
}

/** An element, and the namespace that elements in it have by default. Prefixes are not used by the operator, nor known here. */
interface Spaced {
  readonly at: XmlElement;
  readonly space: string;
}

function isElement(node: XmlNode): node is XmlElement {
  return node instanceof XmlElement;
}

function spaceOf(at: XmlElement, outer: string): string {
  return at.attributes["xmlns"] ?? outer;
}

function inside(of: Spaced, namespace: string, name: string): Spaced[] {
  return of.at.children
    .filter(isElement)
    .map((at) => ({ at, space: spaceOf(at, of.space) }))
    .filter((one) => one.at.name === name && one.space === namespace);
}

function only(of: Spaced, namespace: string, name: string, itself = false): Spaced {
  const found = itself ? [{ at: of.at, space: spaceOf(of.at, of.space) }] : inside(of, namespace, name);
  const [first] = found.filter((one) => one.at.name === name && one.space === namespace);
  if (first === undefined) throw new Error(`No element ${name} of ${namespace}`);
  return first;
}

function partOf(of: Spaced, namespace: string): Part {
  const all = (field: string): string[] => inside(of, namespace, field).map(({ at }) => at.text);
  const text = (at: Spaced, field: string): string => inside(at, namespace, field)[0]?.at.text ?? "";
  const entriesOf = (map: Spaced | undefined): Spaced[] => (map === undefined ? [] : inside(map, namespace, "entries"));
  return Object.assign((field: string) => all(field)[0], {
    all,
    map: (field: string) =>
      new Map(
        entriesOf(inside(of, namespace, field)[0]).map((entry) => [
          text(entry, "key"),
          new Map(entriesOf(inside(entry, namespace, "value")[0]).map((one) => [text(one, "key"), text(one, "value")])),
        ]),
      ),
  });
}

/** With the prefixes that the real services use, and with fields that nobody asked for: the real one tells the password of its database here. */
function envelope(operation: string, returned: Returned): string {
  const body = newEnvelope();
  const value = body.ele(`ns2:${operation}Response`, { "xmlns:ns2": services }).ele("ns2:return");
  if ("text" in returned) return value.txt(returned.text).end();
  const { id, name, enabled, maxQuota, mappings, attributes } = returned.context;
  value.att("xmlns", objects);
  value.ele("average_size").txt("200");
  value.ele("enabled").txt(String(enabled));
  value.ele("id").txt(String(id));
  for (const word of mappings) value.ele("loginMappings").txt(word);
  value.ele("maxQuota").txt(String(maxQuota));
  value.ele("name").txt(name);
  value.ele("readDatabase").ele("password").txt("password-of-the-database");
  value.ele("usedQuota").txt("0");
  const map = value.ele("userAttributes");
  for (const [space, entries] of attributes) {
    const entry = map.ele("entries");
    entry.ele("key").txt(space);
    const inner = entry.ele("value");
    for (const [key, text] of entries) {
      const one = inner.ele("entries");
      one.ele("key").txt(key);
      one.ele("value").txt(text);
    }
  }
  return value.end();
}

function newEnvelope(): ReturnType<typeof create> {
  return create("soap:Envelope").att("xmlns:soap", soap).ele("soap:Body");
}

function faultEnvelope(message: string, faultClass: string | undefined): string {
  const fault = newEnvelope().ele("soap:Fault");
  fault.ele("faultcode").txt("soap:Server");
  fault.ele("faultstring").txt(`${message}; exceptionId 1234-1`);
  if (faultClass !== undefined) fault.ele("detail").ele(`ns2:${faultClass}`, { "xmlns:ns2": services });
  return fault.end();
}
