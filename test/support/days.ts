/** That many days from now, or ago if negative, as people write it: RFC 3339 in whole seconds. */
export function inDays(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
}
