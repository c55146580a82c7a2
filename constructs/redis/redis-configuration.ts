/** One directive with its arguments, as plain values. */
export type RedisDirective = readonly [name: string, ...values: readonly string[]];

const plain = /^[A-Za-z0-9_.:/@%+=,~&*-]+$/;

/** The text of a redis.conf. Values may hold any characters: whatever could be read otherwise is quoted, byte by byte. */
export function redisConf(directives: readonly RedisDirective[]): string {
  return directives.map(([name, ...values]) => `${[name, ...values.map(quoted)].join(" ")}\n`).join("");
}

/** As the server splits a line: in double quotes a backslash begins an escape, and `\xHH` is one byte. */
function quoted(value: string): string {
  if (plain.test(value)) return value;
  const bytes = [...Buffer.from(value, "utf8")];
  return `"${bytes.map(escaped).join("")}"`;
}

function escaped(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === "\\") return `\\${character}`;
  return byte >= 0x20 && byte < 0x7f ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
}
