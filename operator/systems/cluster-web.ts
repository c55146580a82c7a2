import { Agent, request } from "undici";

/** An answer of an application; `body` is parsed JSON, or undefined where it is none. */
export interface WebAnswer {
  readonly status: number;
  readonly body: unknown;
  /** What it says, word for word. */
  readonly text?: string | undefined;
  /** Where it sends who asks, if anywhere. */
  readonly location?: string | undefined;
}

/** Asks servers inside of the cluster by the names of their Services. No answer is status 0: to a probe that is an answer too. */
export interface ClusterWeb {
  get(url: string, signal: AbortSignal): Promise<WebAnswer>;
}

const timeoutMs = 10_000;
const largestBody = 256 * 1024;

/** Plain requests over connections of its own; redirects are not followed, and nothing is sent but the question. */
export class HttpClusterWeb implements ClusterWeb {
  readonly #agent = new Agent({
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: largestBody,
  });

  async get(url: string, signal: AbortSignal): Promise<WebAnswer> {
    try {
      const answer = await request(url, { dispatcher: this.#agent, signal, headers: { accept: "application/json" } });
      const { location } = answer.headers;
      const text = await answer.body.text();
      return {
        status: answer.statusCode,
        body: jsonOf(text),
        text,
        ...(typeof location === "string" ? { location } : {}),
      };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      return { status: 0, body: undefined };
    }
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
