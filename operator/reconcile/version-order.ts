/** By the numbers of a version, e.g. 26.7.5; what follows them says nothing. Unknown versions are never older. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [numbers(version), numbers(than)];
  for (const [index, number] of right.entries()) {
    const other = left[index];
    if (other === undefined || other > number) return false;
    if (other < number) return true;
  }
  return false;
}

function numbers(version: string): number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? "").split(".").filter(Boolean).map(Number);
}
