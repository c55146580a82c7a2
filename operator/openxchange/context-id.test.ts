import { expect, test } from "vitest";
import { candidateIds } from "./context-id.ts";

test("numbers for a context are the same for the same name, all different, and such as the server can hold", () => {
  const ids = candidateIds("meteo");
  expect(candidateIds("meteo")).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id).toBeGreaterThanOrEqual(1_000_000);
    expect(id).toBeLessThan(2 ** 31);
  }
});

test("five thousand names do not meet each other's first number", () => {
  const first = Array.from({ length: 5_000 }, (_, index) => candidateIds(`tenant${index}`)[0]);
  expect(new Set(first).size).toBe(5_000);
});
