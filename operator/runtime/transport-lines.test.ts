import { describe, expect, it } from "vitest";
import { TransientError } from "./errors.ts";
import { linesOf } from "./transport-lines.ts";

async function* cut(bytes: Uint8Array, every: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += every) yield bytes.subarray(at, at + every);
}
const read = async (bytes: Uint8Array, every = 1): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of linesOf(cut(bytes, every))) lines.push(line);
  return lines;
};
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("linesOf", () => {
  const text = '{"ministère":"é€😀"}\n\n{"b":2}\n';

  it.each([1, 2, 3, 5, 7, 1000])(
    "gives whole lines and characters, however the bytes are cut (%i at a time)",
    async (n) => {
      expect(await read(utf8(text), n)).toEqual(['{"ministère":"é€😀"}', '{"b":2}']);
    },
  );

  it("gives a line as soon as it is complete", async () => {
    const lines = linesOf(
      (async function* () {
        yield utf8("first\nsec");
        await new Promise(() => undefined);
      })(),
    );
    expect((await lines.next()).value).toBe("first");
  });

  it("gives nothing for an empty stream", async () => {
    expect(await read(utf8(""))).toEqual([]);
  });

  it.each([
    ["in the middle of a line", utf8('{"a":1}\n{"b"')],
    ["in the middle of the first character of a line", utf8('{"a":1}\né').subarray(0, 9)],
  ])("does not take a stream that ends %s for a complete one", async (_where, bytes) => {
    await expect(read(bytes)).rejects.toBeInstanceOf(TransientError);
  });

  it("refuses a line that would fill the memory", async () => {
    const endless = (async function* () {
      await Promise.resolve();
      const chunk = new Uint8Array(8 * 1024 * 1024).fill(97);
      for (;;) yield chunk;
    })();
    await expect(linesOf(endless).next()).rejects.toThrow("too long");
  });
});
