// Goes through every screen that people of several roles can reach from the
// menu, one of each kind, and looks at it in light and dark, narrow and wide:
// axe finds nothing, nothing scrolls sideways, the browser complains of nothing.
// With a folder it leaves pictures there, and a page to leaf through them.
import fs from "node:fs";
import path from "node:path";
import { attempt, base, browser, faults, open, sideways, tell } from "./lib.mjs";

const folder = process.env.DRAWBRIDGE_SCREENS;
const roles = (process.env.DRAWBRIDGE_ROLES ?? "programme_owner reviewer_security administrator requester auditor partner nobody").split(" ");
const most = 150;

/** A kind of screen: its path with identifiers taken out, and which values of a query were given. */
const id = /^([a-z]{2,6}_[0-9A-Za-z]{10,}|[0-9]+|[a-z0-9.-]+@[0-9.]+)$/;
function kind(url) {
  const u = new URL(url);
  const segments = u.pathname.split("/").map((s, i, all) => (id.test(s) || (i > 1 && /^[a-z0-9-]+-[a-z0-9-]*\d/.test(s)) || all[i - 1] === "questions" || (all[1] === "packs" && i > 1) || (all[i - 1] === "partners" && s !== "new") ? "{id}" : s));
  return segments.join("/");
}

// These show each role something else; of others the first who comes is enough.
const own = ["/", "/reviews/{id}", "/findings/{id}/{id}", "/integrations/{id}", "/integrations/{id}/approvals"];
const starts = { partner: "/partner", nobody: "/sign-in" };

const seen = new Map(); // kind to address, role
async function crawl(role) {
  const page = await open(role, { javaScriptEnabled: false });
  const queue = [base + (starts[role] ?? "/")];
  const here = new Set();
  while (queue.length > 0 && here.size < most) {
    const url = queue.shift();
    if (here.has(kind(url))) continue;
    here.add(kind(url));
    let answer;
    try {
      answer = await page.goto(url);
    } catch {
      continue; // a download
    }
    if (!answer || !/html/.test(answer.headers()["content-type"] ?? "")) continue;
    if (answer.status() >= 400) {
      tell(`${role} follows a link to ${kind(url)}`, [`the answer is ${answer.status()}: ${url}`]);
      continue;
    }
    const name = own.includes(kind(url)) ? `${kind(url)} ${role}` : kind(url);
    if (!seen.has(name)) seen.set(name, { url, role });
    const links = await page.$$eval("a[href]:not([download])", (all) => all.map((a) => new URL(a.getAttribute("href"), location).href.replace(/#.*/, "")));
    for (const to of links) if (to.startsWith(`${base}/`) && !here.has(kind(to))) queue.push(to);
  }
  await page.context().close();
}

for (const role of roles) await crawl(role);

const name = (k) => k.replace(/^\/ /, "inbox ").replaceAll(/[ /]/g, "-").replace(/[{}]/g, "").replace(/^-/, "") || "inbox";
const pictures = [];
if (folder) fs.mkdirSync(folder, { recursive: true });
async function look(page, k, width, scheme) {
  await page.setViewportSize({ width, height: width < 600 ? 700 : 900 });
  const wrong = [];
  const over = await sideways(page);
  if (over > 0) {
    const by = await page.evaluate(() => [...document.querySelectorAll("main *, header *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre, .tabs")).slice(0, 3).map((e) => e.outerHTML.slice(0, 120)));
    wrong.push(`at ${width} px it scrolls sideways by ${over}: ${by.join(" | ")}`);
  }
  if (folder) {
    const file = `${name(k)}.${scheme}.${width}.png`;
    await page.screenshot({ path: path.join(folder, file), fullPage: true });
    pictures.push([k, file]);
  }
  return wrong;
}

// A page weighs little on the way, and no screen has more elements than a browser
// walks through in a moment.
const heaviest = { sent: 64 << 10, elements: 15000 };
async function weight(page) {
  const { sent, elements } = await page.evaluate(() => ({ sent: performance.getEntriesByType("navigation")[0].transferSize, elements: document.querySelectorAll("*").length }));
  const wrong = [];
  if (sent > heaviest.sent) wrong.push(`${sent} bytes were sent, more than ${heaviest.sent}`);
  if (elements > heaviest.elements) wrong.push(`${elements} elements, more than ${heaviest.elements}`);
  return wrong;
}

for (const scheme of ["light", "dark"]) {
  for (const role of roles) {
    const theirs = [...seen].filter(([, s]) => s.role === role);
    if (theirs.length === 0) continue;
    const page = await open(role, { colorScheme: scheme, bypassCSP: true });
    for (const [k, { url }] of theirs) {
      await attempt(`${k} in ${scheme}, as ${role}`, async () => {
        await page.setViewportSize({ width: 1280, height: 900 });
        await page.goto(url);
        const wrong = [...(await faults(page)), ...(await weight(page))];
        for (const width of scheme === "light" ? [1280, 320, 2560] : [1280]) wrong.push(...(await look(page, k, width, scheme)));
        return wrong;
      });
    }
    await page.context().close();
  }
}

// Without the lift for axe: the content policy holds, and no script breaks.
for (const role of roles) {
  const page = await open(role);
  for (const [, { url }] of [...seen].filter(([, s]) => s.role === role)) await page.goto(url, { waitUntil: "load" }).catch(() => {});
  tell(`the browser complains, as ${role}`, page.complaints);
  await page.context().close();
}

if (folder) {
  const parts = [...new Set(pictures.map((p) => p[0]))].map((k) => `<h2>${k}</h2>${pictures.filter((p) => p[0] === k).map((p) => `<a href="${p[1]}"><img src="${p[1]}" alt="${p[1]}" height="300"></a>`).join(" ")}`);
  fs.writeFileSync(path.join(folder, "index.html"), `<!doctype html><meta charset="utf-8"><title>Screens</title>${parts.join("\n")}`);
}
tell("there are screens", seen.size < 10 ? [`only ${seen.size}`] : []);
await browser.close();
