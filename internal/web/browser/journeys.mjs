// The journeys of each role: with scripts, without, and by keyboard alone. Each
// goes through a demonstration as people would, and reads what the pages say.
import { attempt, base, browser, faults, open, who } from "./lib.mjs";

/** Says which texts the page does not show. */
async function says(page, ...texts) {
  const body = (await page.innerText("body")).replaceAll("\u00a0", " ");
  return texts.filter((t) => !body.toLowerCase().includes(t.toLowerCase())).map((t) => `${page.url()} does not say ${JSON.stringify(t)}`);
}

/** Presses a button that ends in another page, or in another state of this one. */
async function press(page, selector) {
  const answer = page.waitForResponse((r) => r.request().method() === "POST", { timeout: 30_000 });
  await page.click(selector);
  await answer;
  await page.waitForLoadState("networkidle");
}

/** The path of the demonstration's partner: its integration, its review. */
async function subject() {
  const page = await open("programme_owner");
  await page.goto(`${base}/integrations?text=tidewater`);
  const integration = await page.getAttribute("table a[href^='/integrations/int_'], [data-rows] a[href^='/integrations/int_']", "href");
  await page.goto(`${base}/demo`);
  const review = await page.getAttribute("form:has(input[value^='/reviews/']) input[name=next]", "value");
  await page.context().close();
  return { integration, review };
}
const { integration, review } = await subject();

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";
  const as = (role) => open(role, { javaScriptEnabled });

  await attempt(`a newcomer signs in with one press and finds the path, ${how}`, async () => {
    const page = await as(null);
    await page.goto(base);
    await page.click("text=reviewer security");
    await page.waitForURL(`${base}/demo`);
    const wrong = await says(page, "The product in five steps", "Test what the partner claims");
    await page.context().close();
    return wrong;
  });

  await attempt(`a reviewer ticks what they looked at, and it stays ticked, ${how}`, async () => {
    const page = await as("reviewer_security");
    await page.goto(base + review);
    const before = await page.innerText("text=/\\d+ of \\d+ viewed/ >> nth=0");
    await press(page, "button[data-tick] >> nth=0");
    await page.goto(base + review);
    const after = await page.innerText("text=/\\d+ of \\d+ viewed/ >> nth=0");
    const wrong = before === after ? [`it said ${before} before, and ${after} after`] : [];
    wrong.push(...page.complaints);
    await page.context().close();
    return wrong;
  });

  await attempt(`a reviewer comments on a review, and finds the comment, ${how}`, async () => {
    const page = await as("reviewer_privacy");
    await page.goto(base + review);
    const text = `Who at the partner sees card numbers, asked ${how}? <script>alert(1)</script>`;
    await page.fill("#answer ~ form textarea[name=comment], section[aria-labelledby=answer] textarea[name=comment]", text);
    await page.check("input[name=answer][value=comment]");
    await press(page, "text=Send my answer");
    await page.goto(base + review);
    const wrong = await says(page, text);
    await page.context().close();
    return wrong;
  });

  await attempt(`a partner answers by the link, and the answer is there on the next visit, ${how}`, async () => {
    const page = await as("programme_owner");
    await page.goto(`${base}/demo`);
    await press(page, "text=Answer it yourself, as the partner");
    await page.waitForURL(`${base}/partner`);
    await page.click("main a[href^='/partner/questions/'] >> nth=0");
    const form = page.locator("form[data-autosave]").filter({ has: page.locator("input[type=radio], textarea") }).first();
    const id = await form.getAttribute("id");
    const radio = form.locator("input[type=radio]").first();
    if (await radio.count()) await radio.check();
    else await form.locator("textarea").first().fill("All of it, each year.");
    if (javaScriptEnabled) await page.waitForResponse((r) => r.request().method() === "POST");
    else await form.locator("button:not(.quiet)").click();
    await page.waitForLoadState("networkidle");
    await page.reload();
    const wrong = (await page.innerText(`#${escaped(id)}`)).includes("Saved") ? [] : [`${id} does not say that it was saved`];
    if (javaScriptEnabled) wrong.push(...(await faults(page))); // axe is a script
    wrong.push(...page.complaints);
    await page.context().close();
    return wrong;
  });

  await attempt(`a requester asks for an integration by the form, ${how}`, async () => {
    const page = await as("requester");
    await page.goto(`${base}/integrations/new`);
    await page.click("text=Fill in the form");
    await page.waitForURL(/\/about$/);
    await page.fill("#f-id", `labels-${javaScriptEnabled}`);
    await page.fill("#f-partner_new", "label-press");
    await page.fill("#f-purpose", "Print labels <script>alert(1)</script>");
    if (javaScriptEnabled) await page.waitForResponse((r) => r.request().method() === "POST"); // it saves itself
    await page.click("text=Go on: Preview and send");
    await page.waitForURL(/\/preview$/);
    const wrong = await says(page, "What the gate says", "name who answers for it");
    await page.click("text=Create the integration");
    await page.waitForURL(/\/integrations\/int_/);
    wrong.push(...(await says(page, `labels-${javaScriptEnabled}`, "a review of it is open")));
    wrong.push(...page.complaints);
    await page.context().close();
    return wrong;
  });

  await attempt(`an administrator invites somebody, whose link is shown once, ${how}`, async () => {
    const page = await as("administrator");
    await page.goto(`${base}/people/invite`);
    await page.fill("main [name=name]", "Nora Newcomer");
    await page.fill("main [name=email]", `nora.${javaScriptEnabled}@harbour.example`);
    await page.check("input[name=role][value=requester], input[name=roles][value=requester]");
    await page.fill("main [name=reason]", "joins the team");
    await press(page, "main form button.main >> nth=0");
    if (await page.locator("main input[type=password]").count()) { // sensitive acts ask who one is
      await page.fill("main input[type=password]", who("administrator").password);
      await press(page, "main form:has(input[type=password]) button.main");
    }
    const wrong = await says(page, "Nora Newcomer");
    await page.context().close();
    return wrong;
  });

  await attempt(`an auditor follows an entry of the log to its proof, ${how}`, async () => {
    const page = await as("auditor");
    await page.goto(`${base}/log`);
    await page.click("main table a[href^='/log/'] >> nth=0");
    await page.waitForURL(/\/log\/\d+/);
    const wrong = await says(page, "Download the proof");
    await page.context().close();
    return wrong;
  });

  await attempt(`a form that comes after the sign-out is offered again, ${how}`, async () => {
    const page = await as("reviewer_legal");
    await page.goto(base + review);
    await page.fill("section[aria-labelledby=answer] textarea[name=comment]", "Typed before the session ended.");
    await page.check("input[name=answer][value=comment]");
    await page.context().clearCookies();
    await press(page, "text=Send my answer");
    const person = who("reviewer_legal");
    await page.fill("#f-email", person.email);
    await page.fill("#f-password", person.password);
    await press(page, "form:has(#f-password) button.main");
    const wrong = await says(page, "Nothing of this was sent yet", "Typed before the session ended.");
    await press(page, "text=Send it now");
    await page.goto(base + review);
    wrong.push(...(await says(page, "Typed before the session ended.")));
    await page.context().close();
    return wrong;
  });
}

await attempt("a long text is there after a reload", async () => {
  const page = await open("reviewer_product");
  await page.goto(base + review);
  const area = "section[aria-labelledby=answer] textarea[name=comment]";
  await page.fill(area, "Not sent yet.");
  await page.reload();
  const now = await page.inputValue(area);
  await page.context().close();
  return now === "Not sent yet." ? [] : [`after the reload it says ${JSON.stringify(now)}`];
});

await attempt("the path ends in an approval that is stale", async () => {
  const page = await open("approver");
  const wrong = [];
  for (const step of ["test", "answer", "sign", "decide", "change"]) {
    await page.goto(`${base}/demo`);
    await press(page, `form[action='/demo/steps/${step}'] button`);
    wrong.push(...(await says(page, "Done, through the same desks")));
  }
  await page.goto(base + integration);
  wrong.push(...(await says(page, "stale")));
  await page.context().close();
  return wrong;
});

await attempt("somebody walks the menu and a list, opens a row and searches, by keyboard alone", async () => {
  const page = await open("programme_owner");
  await page.keyboard.press("Tab");
  const skip = await page.evaluate(() => document.activeElement.textContent);
  const wrong = skip.includes("Skip") ? [] : [`the first stop of Tab is ${skip}`];
  await page.keyboard.press("Enter");
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  await page.waitForURL(`${base}/integrations`);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/integrations\/int_/);
  await page.keyboard.press("/");
  await page.keyboard.type("tidewater");
  await page.keyboard.press("Enter");
  await page.waitForURL(/search|integrations|reviews|partners/);
  await page.context().close();
  return wrong;
});

await attempt("two rows are ticked by keyboard, given to somebody, and taken back", async () => {
  const page = await open("programme_owner");
  await page.goto(`${base}/integrations`);
  for (const key of "jxjx") await page.keyboard.press(key);
  const wrong = await says(page, "2 ticked");
  await page.focus("button[value=ticked]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#f-person");
  await page.fill("#f-person", await page.getAttribute("#f-person-list option", "value"));
  await page.keyboard.press("Enter");
  await page.waitForSelector("#bulk-progress");
  wrong.push(...(await says(page, "Assign an owner: 2 integrations", "2 of 2 have their outcome")), ...(await faults(page)));
  await page.focus("summary:has-text('Take it back')");
  await page.keyboard.press("Enter");
  await page.focus("text=Undo what was done");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=Taken back:");
  await page.context().close();
  return wrong;
});

await browser.close();

function escaped(id) {
  return id.replace(/[^\w-]/g, (c) => `\\${c}`);
}
