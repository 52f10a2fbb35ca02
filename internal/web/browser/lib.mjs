// What the browser tests share: a browser, people who sign in, and one line of
// JSON for each thing that was tried.
import fs from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const base = process.env.DRAWBRIDGE_URL;
export const people = JSON.parse(fs.readFileSync(process.env.DRAWBRIDGE_PEOPLE, "utf8")).people;
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });

/** Somebody with a role, who has as few others as possible. */
export function who(role) {
  const all = people.filter((p) => p.roles.includes(role)).sort((a, b) => a.roles.length - b.roles.length);
  if (all.length === 0) throw new Error(`nobody is ${role}`);
  return all[0];
}

/** A page of somebody who signed in, or of nobody, or of a partner who came by the
 * link of the demonstration, with their own cookies. What the
 * browser complains of is collected in page.complaints. */
export async function open(role, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (e) => page.complaints.push(`${page.url()}: ${e.message}`));
  page.on("console", (m) => {
    if (m.type() === "error" && !/status of (4\d\d)/.test(m.text())) page.complaints.push(`${page.url()}: ${m.text()}`);
  });
  if (role && role !== "nobody") {
    const person = who(role === "partner" ? "programme_owner" : role);
    await page.goto(`${base}/sign-in`);
    await page.fill("#f-email", person.email);
    await page.fill("#f-password", person.password);
    await Promise.all([page.waitForURL(`${base}/`), page.click("form button.main")]);
  }
  if (role === "partner") {
    await page.goto(`${base}/demo`);
    await Promise.all([page.waitForURL(`${base}/partner`), page.click("text=Answer it yourself, as the partner")]);
  }
  return page;
}

/** What axe finds wrong with a page as it stands. */
export async function faults(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((v) => `${v.id}, ${v.nodes.length} times, as in ${v.nodes[0].html.slice(0, 200)}: ${(v.nodes[0].any[0] ?? v.nodes[0].all[0] ?? v.nodes[0].none[0])?.message ?? v.help}`);
}

/** How far a page scrolls sideways, in pixels. */
export const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export const tell = (name, wrong) => process.stdout.write(`${JSON.stringify({ name, wrong })}\n`);

/** Tries something, and tells what was wrong with it. */
export async function attempt(name, fn) {
  try {
    const late = new Promise((_, fail) => setTimeout(() => fail(new Error("it took more than two minutes")), 120_000).unref());
    tell(name, (await Promise.race([fn(), late])) ?? []);
  } catch (e) {
    tell(name, [e.message.slice(0, 2000)]);
  }
}
