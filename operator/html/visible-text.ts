/**
 * Text with what cannot be seen shown by its number: control characters, which HTML forbids and a terminal obeys; marks that turn the direction of text,
 * so that a name reads as another; halves of characters. Line feeds and tabs stay.
 */
export function visible(text: string): string {
  return text.replaceAll(
    /[^\P{C}\n\t]|[\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
