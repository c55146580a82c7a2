import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What the server answered to one who wanted to enter a room. */
export interface Entry {
  readonly entered: boolean;
  /** Condition of the refusal, e.g. `registration-required`. */
  readonly refusal?: string;
  readonly affiliation?: string;
  readonly role?: string;
}

const answerWithinMs = 5_000;

/** Somebody in front of Prosody: as much of XMPP as it takes to enter a room and to say who else may. */
export class XmppClient {
  readonly #socket: Socket;
  #received = "";
  #wake: () => void = () => undefined;
  jid = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8").on("data", (text: string) => {
      this.#received += text;
      this.#wake();
    });
  }

  /** Logs in without an account, on the host that decides who that makes. */
  static async login(port: number, host: string): Promise<XmppClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const client = new XmppClient(socket);
    const stream = `<stream:stream to="${host}" xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" version="1.0">`;
    await client.#ask(stream, /<\/stream:features>/);
    const namespace = "urn:ietf:params:xml:ns:xmpp-sasl";
    await client.#ask(
      `<auth xmlns="${namespace}" mechanism="ANONYMOUS">${btoa(crypto.randomUUID())}</auth>`,
      /<success/,
    );
    await client.#ask(stream, /<\/stream:features>/);
    const bind = `<iq type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`;
    const [, jid = ""] = await client.#ask(bind, /<jid>([^<]+)<\/jid>/);
    client.jid = jid;
    return client;
  }

  async enter(room: string, nick: string): Promise<Entry> {
    const muc = `<x xmlns="http://jabber.org/protocol/muc"/>`;
    const own = new RegExp(
      `<presence[^>]*from='${room}/${nick}'[^>]*type='error'.*?</presence>|<presence[^>]*type='error'[^>]*from='${room}/${nick}'.*?</presence>|<presence[^>]*from='${room}/${nick}'.*?</presence>`,
      "s",
    );
    const [answer] = await this.#ask(`<presence to="${room}/${nick}">${muc}</presence>`, own);
    const [, refusal] = /<error[^>]*>.*?<([a-z-]+) xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/s.exec(answer) ?? [];
    if (refusal !== undefined) return { entered: false, refusal };
    const [, affiliation = ""] = /affiliation='(\w+)'/.exec(answer) ?? [];
    const [, role = ""] = /role='(\w+)'/.exec(answer) ?? [];
    return { entered: true, affiliation, role };
  }

  /** Gives somebody a place in a room, as a moderator does who lets them in. */
  async admit(room: string, jid: string): Promise<boolean> {
    const item = `<item affiliation="member" jid="${jid.split("/")[0] ?? ""}"/>`;
    return await this.#command(room, "admin", item);
  }

  /** Makes a room open to everybody, whatever it was. */
  async openToAll(room: string): Promise<boolean> {
    const field = (name: string, value: string): string => `<field var="${name}"><value>${value}</value></field>`;
    const form = `http://jabber.org/protocol/muc#roomconfig`;
    const fields = `${field("FORM_TYPE", form)}${field("muc#roomconfig_membersonly", "0")}`;
    return await this.#command(room, "owner", `<x xmlns="jabber:x:data" type="submit">${fields}</x>`);
  }

  async #command(room: string, whose: "admin" | "owner", content: string): Promise<boolean> {
    const id = crypto.randomUUID();
    const query = `<query xmlns="http://jabber.org/protocol/muc#${whose}">${content}</query>`;
    const answer = new RegExp(`<iq[^>]*id='${id}'[^>]*>`);
    const [found] = await this.#ask(`<iq type="set" id="${id}" to="${room}">${query}</iq>`, answer);
    return found.includes("type='result'");
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(text: string, answer: RegExp): Promise<RegExpExecArray> {
    this.#received = "";
    this.#socket.write(text);
    const deadline = AbortSignal.timeout(answerWithinMs);
    for (;;) {
      const found = answer.exec(this.#received);
      if (found !== null) return found;
      if (deadline.aborted) throw new Error(`No answer that matches ${answer.source}; received: ${this.#received}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        deadline.addEventListener("abort", () => {
          resolve();
        });
      });
    }
  }
}
