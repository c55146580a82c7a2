import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { scramVerifier } from "./scram.ts";

/** RFC 7677, section 3: user "user", password "pencil". */
const exchange = {
  salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
  messages: [
    "n=user,r=rOprNGfwEbeRWgbNEkqO",
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  ],
  clientProof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverSignature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};

const salt = Buffer.from(exchange.salt, "base64");

function keys(verifier: string): { stored: Buffer; server: Buffer } {
  const match = /^SCRAM-SHA-256\$4096:[^$]+\$([^:]+):(.+)$/.exec(verifier);
  return { stored: Buffer.from(match?.[1] ?? "", "base64"), server: Buffer.from(match?.[2] ?? "", "base64") };
}

describe("the SCRAM-SHA-256 verifier", () => {
  const authMessage = exchange.messages.join(",");

  it("lets a server check the client's proof of RFC 7677", () => {
    const { stored } = keys(scramVerifier("pencil", salt));
    const signature = createHmac("sha256", stored).update(authMessage).digest();
    const clientKey = Buffer.from(exchange.clientProof, "base64").map((byte, index) => byte ^ (signature[index] ?? 0));
    expect(createHash("sha256").update(clientKey).digest("hex")).toBe(stored.toString("hex"));
  });

  it("lets a server sign as in RFC 7677", () => {
    const { server } = keys(scramVerifier("pencil", salt));
    expect(createHmac("sha256", server).update(authMessage).digest("base64")).toBe(exchange.serverSignature);
  });

  it("has the shape that PostgreSQL stores, with the salt and the number of rounds", () => {
    expect(scramVerifier("pencil", salt, 8192)).toMatch(
      /^SCRAM-SHA-256\$8192:W22ZaJ0SNY7soEsUEjb6gQ==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
    );
  });

  it("differs with the password and with the salt", () => {
    const other = Buffer.alloc(16, 1);
    const verifiers = [scramVerifier("pencil", salt), scramVerifier("pencils", salt), scramVerifier("pencil", other)];
    expect(new Set(verifiers).size).toBe(3);
  });

  it.each(["", "é", "naïve", "tab\t", "line\n", "\u00a0", "\u{1f512}"])("refuses the password %j", (password) => {
    expect(() => scramVerifier(password, salt)).toThrow(/printable ASCII/);
  });

  it("does not repeat a password that it refuses", () => {
    expect(() => scramVerifier("sécret", salt)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("sécret") }),
    );
  });
});
