import { once } from "node:events";
import { connect, type Socket } from "node:net";

const answerWithinMs = 5_000;

/** An application in front of Redis: commands and their answers, as its protocol (RESP 2) writes them. */
export class RedisClient {
  readonly #socket: Socket;
  #received = "";
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8").on("data", (text: string) => {
      this.#received += text;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<RedisClient> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RedisClient(socket);
  }

  /** The answer's text; an error begins with a dash, nothing is null. */
  async ask(...words: readonly string[]): Promise<string | null> {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    this.#socket.write(`*${words.length}\r\n${parts.join("")}`);
    const deadline = AbortSignal.timeout(answerWithinMs);
    for (;;) {
      const answer = this.#take();
      if (answer !== undefined) return answer;
      deadline.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        deadline.addEventListener("abort", () => {
          resolve();
        });
      });
    }
  }

  #take(): string | null | undefined {
    const [line] = /^[^\r]*\r\n/.exec(this.#received) ?? [];
    if (line === undefined) return undefined;
    const text = line.slice(0, -2);
    if (!text.startsWith("$")) {
      this.#received = this.#received.slice(line.length);
      return text;
    }
    const length = Number(text.slice(1));
    if (length >= 0 && this.#received.length < line.length + length + 2) return undefined;
    const value = length < 0 ? null : this.#received.slice(line.length, line.length + length);
    this.#received = this.#received.slice(line.length + (length < 0 ? 0 : length + 2));
    return value;
  }

  close(): void {
    this.#socket.destroy();
  }
}
