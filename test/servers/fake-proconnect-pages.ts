import type { Agent } from "./fake-proconnect-agents.ts";

export const fakeTitle = "FAKE ProConnect";

/** A page on which a person or a headless browser says which agent logs in: one button each. */
export function agentsPage(agents: readonly Agent[], action: string): string {
  const buttons = agents.map(
    ({ email, given_name, usual_name, belonging_population }) =>
      `<p><button name="agent" value="${html(email)}">${html(`${given_name} ${usual_name}`)}</button> ${html(`${email}, ${belonging_population}`)}</p>`,
  );
  return page(
    "Nobody is asked for a password here: this stands where ProConnect would be. Choose who you are.",
    `<form method="post" action="${html(action)}">\n${buttons.join("\n")}\n</form>`,
  );
}

/** A page that tells a person why nothing more happens. */
export function messagePage(message: string): string {
  return page(message, "");
}

function page(words: string, rest: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${fakeTitle}</title>
<h1>${fakeTitle}</h1>
<p>${html(words)}</p>
${rest}
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function html(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}
