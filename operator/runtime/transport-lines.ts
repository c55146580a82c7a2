import { TransientError } from "./errors.ts";

/** One object is at most a few MiB; a line beyond this is no watch event. */
const longestLine = 32 * 1024 * 1024;

/**
 * The lines of a byte stream, without empty ones. Characters and lines may be cut anywhere by the network. Throws TransientError
 * when the stream ends in the middle of a line: the sender died, and half an event must not pass for none.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  // Pieces are joined once per line: adding chunk to chunk would copy a large object over and over.
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      pieces.push(text.slice(start, end));
      const line = pieces.join("");
      pieces = [];
      length = 0;
      start = end + 1;
      if (line !== "") yield line;
    }
    pieces.push(text.slice(start));
    length += text.length - start;
    if (length > longestLine)
      throw new TransientError("ProviderUnreachable", "The stream holds a line that is too long to be an event.");
  }
  // Half a character is the beginning of a line too.
  if (length + decoder.decode().length > 0)
    throw new TransientError("ProviderUnreachable", "The stream ended in the middle of a line.");
}
