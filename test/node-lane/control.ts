import { request } from "node:http";
import { join } from "node:path";
import type { CommandResult, NodeState } from "./layout.ts";

/** The way from the host to the program inside the node: a socket file in the node's data directory. */
export class NodeControl {
  readonly #socketPath: string;

  constructor(data: string) {
    this.#socketPath = join(data, "control.sock");
  }

  /** Undefined while nobody answers. */
  async state(): Promise<NodeState | undefined> {
    try {
      return (await this.#call("GET", "/state")) as NodeState;
    } catch {
      return undefined;
    }
  }

  /** Runs a program in the node's namespaces, as root. */
  async run(command: readonly string[]): Promise<CommandResult> {
    return (await this.#call("POST", "/run", command)) as CommandResult;
  }

  /** Restarts kubelet and containerd; containers go on meanwhile. Resolves when both answer again. */
  async restart(): Promise<void> {
    await this.#call("POST", "/restart");
  }

  #call(method: string, path: string, body?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.#socketPath, method, path, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.once("end", () => {
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(text));
        });
      });
      call.once("error", reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
