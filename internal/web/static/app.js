// What makes the pages quicker for those who have scripts. Every page works
// without it. What htmx swaps in is part of the page like the rest, so that all
// listeners stand on the document.
const on = (type, fn) => document.addEventListener(type, fn);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const typing = (el) => el.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

// Forms are sent without leaving the page, and links lead on as they always do.
on("htmx:before:init", (e) => { if (e.target.matches("a:not([hx-get])")) e.preventDefault(); });

// A form that came back is as the server drew it: empty when it was taken, and
// with what was typed when it was not.
on("htmx:after:swap", (e) => {
  const form = e.detail?.ctx?.sourceElement?.closest?.("form");
  if (form?.isConnected) form.reset();
  const told = document.querySelector("main .note[role=status], main [role=alert]");
  if (told && form) told.scrollIntoView({ block: "nearest" });
  prepare();
});

// Long texts stay in this tab until they were sent.
const kept = (el) => `drawbridge-text:${location.pathname}:${el.form?.getAttribute("action")}:${el.name}`;
const keeps = "form[method=post] textarea[name], form[data-keep] input[type=text][name]";
on("input", (e) => {
  if (e.target.matches(keeps)) sessionStorage.setItem(kept(e.target), e.target.value);
});
on("submit", (e) => {
  if (e.target.getAttribute("action") === "/sign-out") sessionStorage.clear();
  else all("textarea[name], input[name]", e.target).forEach((el) => sessionStorage.removeItem(kept(el)));
});
function recall() {
  for (const el of all(keeps)) {
    const text = sessionStorage.getItem(kept(el));
    if (text === null || el.value !== el.defaultValue || el.value === text) continue;
    el.value = text;
    el.closest("details")?.setAttribute("open", "");
  }
}

// Shortcuts can be switched off: they are then off in this browser.
const off = "drawbridge-keys-off";

// j and k walk through the rows of a list, x ticks one, Enter follows its first link.
let at = null;
function walk(step) {
  const list = all("[data-rows] > *");
  if (list.length === 0) return;
  const i = Math.min(Math.max(list.indexOf(at) + step, 0), list.length - 1);
  at?.classList.remove("here");
  at = list[i];
  at.classList.add("here");
  (at.querySelector("a, summary, button") ?? at).focus();
  at.scrollIntoView({ block: "nearest" });
}
const tick = () => at?.querySelector("input[type=checkbox], button[data-tick]")?.click();

// How many rows are ticked stands above them.
const count = (form) => {
  const n = all("input[name=id]:checked", form).length, said = form.querySelector("[data-bulk-count]");
  said.dataset.none ??= said.textContent;
  said.textContent = n ? `${n} ticked` : said.dataset.none;
  said.parentElement.classList.toggle("some", n > 0);
};
on("change", (e) => { if (e.target.name === "id" && e.target.form?.matches("[data-bulk]")) count(e.target.form); });

// g and then a letter leads to a page of the menu.
let going = false;
const go = (key) => document.querySelector(`.rail a[data-key="${CSS.escape(key)}"]`)?.click();

on("keydown", (e) => {
  if (localStorage.getItem(off) || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || e.target.closest("dialog")) return;
  if (going) {
    going = false;
    go(e.key);
    return;
  }
  switch (e.key) {
    case "j": walk(1); break;
    case "k": walk(-1); break;
    case "x": tick(); break;
    case "/": e.preventDefault(); palette(); break;
    case "?": showKeys(); break;
    case "g": going = true; setTimeout(() => { going = false; }, 1500); break;
    default:
  }
});

// A dialog of its own for what follows; Escape closes it, and the focus goes back.
function openDialog(id, label) {
  document.getElementById(id)?.remove();
  const dialog = document.createElement("dialog");
  dialog.id = id;
  dialog.setAttribute("aria-label", label);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
const pageOf = async (address, signal) => new DOMParser().parseFromString(await (await fetch(address, { signal })).text(), "text/html");

// The palette: the pages of the menu, and what a search finds as one types.
function palette() {
  if (document.getElementById("palette")) return;
  const dialog = openDialog("palette", "Search, and go to a page");
  const input = Object.assign(document.createElement("input"), { type: "search", maxLength: 100, placeholder: "Search, or go to a page", autocomplete: "off" });
  const list = Object.assign(document.createElement("ul"), { id: "palette-list" });
  for (const [name, value] of Object.entries({ role: "combobox", "aria-label": "Search, or go to a page", "aria-controls": list.id, "aria-expanded": "true", "aria-autocomplete": "list" })) input.setAttribute(name, value);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Pages and hits");
  dialog.append(input, list);
  let here = 0;
  const mark = (i) => {
    here = Math.max(0, Math.min(i, list.children.length - 1));
    [...list.children].forEach((o, n) => o.setAttribute("aria-selected", String(n === here)));
    input.setAttribute("aria-activedescendant", list.children[here]?.id ?? "");
    list.children[here]?.scrollIntoView({ block: "nearest" });
  };
  const show = (entries) => {
    list.replaceChildren(...entries.map(({ text, more, to }, n) => {
      const option = Object.assign(document.createElement("li"), { id: `palette-${n}` });
      option.setAttribute("role", "option");
      option.dataset.to = to;
      option.append(text, Object.assign(document.createElement("span"), { className: "soft small", textContent: more }));
      return option;
    }));
    mark(0);
  };
  const pages = (words) => all(".rail a").map((a) => ({ text: a.firstChild.textContent.trim(), more: "page", to: a.href }))
    .filter((p) => words.every((w) => p.text.toLowerCase().includes(w)));
  let asking = null;
  const look = async () => {
    asking?.abort();
    asking = new AbortController();
    const text = input.value.trim(), words = text.toLowerCase().split(/\s+/).filter(Boolean), found = pages(words);
    const rest = { text: `Search for “${text}”`, more: "all that is found", to: `/search?q=${encodeURIComponent(text)}` };
    show(text ? [...found, rest] : found);
    if (text.length < 2) return;
    try {
      await new Promise((done) => setTimeout(done, 120));
      const page = await pageOf(rest.to, asking.signal);
      const hits = all("#hits .items li", page).map((li) => ({
        text: li.querySelector("a").textContent, to: li.querySelector("a").getAttribute("href"),
        more: `${li.closest("section").querySelector("h2").textContent} · ${li.querySelector("span")?.textContent ?? ""}`,
      }));
      if (input.value.trim() === text) show([...found, ...hits, rest]);
    } catch { /* typed on, or away from the network: the pages and the plain search stay */ }
  };
  const follow = (option) => { if (option) location.assign(option.dataset.to); };
  input.addEventListener("input", look);
  dialog.addEventListener("keydown", (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step) { e.preventDefault(); mark(here + step); }
    if (e.key === "Enter") { e.preventDefault(); follow(list.children[here]); }
  });
  list.addEventListener("click", (e) => follow(e.target.closest("li")));
  look();
  input.focus();
}
on("keydown", (e) => {
  if ((e.ctrlKey || e.metaKey) && e.key === "k" && !localStorage.getItem(off) && document.querySelector("#search")) {
    e.preventDefault();
    palette();
  }
});

// The list of shortcuts, and the switch that turns them off in this browser.
async function showKeys() {
  if (!document.querySelector("#search")) return;
  const dialog = openDialog("keys", "Shortcuts");
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  try {
    const page = await pageOf("/keys-help");
    dialog.append(...all(".columns, [data-keys-switch]", page).map((el) => document.importNode(el, true)), close);
  } catch {
    dialog.close();
  }
  prepare();
  close.focus();
}
on("click", (e) => {
  if (!e.target.closest("[data-keys-toggle]")) return;
  if (localStorage.getItem(off)) localStorage.removeItem(off);
  else localStorage.setItem(off, "yes");
  prepare();
});

// An open menu closes when one presses elsewhere, or Escape.
const menus = () => all("details.who[open], .rail details[open]");
on("click", (e) => menus().forEach((m) => m.contains(e.target) || m.removeAttribute("open")));
on("keydown", (e) => {
  if (e.key !== "Escape") return;
  menus().forEach((m) => { m.removeAttribute("open"); m.querySelector("summary").focus(); });
});

// A button with data-copy copies what it names, and says so.
on("click", async (e) => {
  const button = e.target.closest("button[data-copy]");
  if (!button) return;
  const from = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(from.value ?? from.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(from);
  }
});

// A series is drawn from its table, which stays for those who want the figures.
let plot = null;
const library = () => plot ??= new Promise((done, failed) => {
  const script = document.createElement("script");
  script.src = document.querySelector("meta[name=plot]").content;
  script.onload = done;
  script.onerror = failed;
  document.head.append(script);
});
async function draw(figure) {
  figure.dataset.drawn = "yes";
  const cells = all("tbody tr", figure).map((row) => [Number(row.dataset.at), Number(row.dataset.value)]);
  const style = getComputedStyle(figure);
  await library();
  const line = { stroke: style.columnRuleColor, width: 1 };
  const axis = { stroke: style.color, grid: line, ticks: line, font: `12px ${style.fontFamily}` };
  const to = document.createElement("div");
  figure.prepend(to);
  const size = () => ({ width: figure.clientWidth, height: 200 });
  const chart = new uPlot({
    ...size(), legend: { live: true }, scales: { y: { range: (_, low, high) => [Math.min(0, low), high * 1.05 || 1] } }, axes: [axis, axis],
    series: [
      { label: "On", value: (_, at) => (at === null ? "point at the line" : new Date(at * 1000).toLocaleDateString()) },
      { label: figure.dataset.series, value: (_, y) => y ?? "", stroke: style.accentColor === "auto" ? style.color : style.accentColor, width: 2, points: { show: cells.length < 60 } },
    ],
  }, [cells.map((c) => c[0]), cells.map((c) => c[1])], to);
  new ResizeObserver(() => chart.setSize(size())).observe(figure);
  figure.querySelector(".spark")?.setAttribute("hidden", "");
}

// A form with data-autosave is sent by itself once nobody types any more. Of the
// page that comes back, what is marked data-fresh takes the place of what is here,
// and a list marked data-grow gets and loses the items that the answer changed;
// what somebody is typing in stays as it is.
const waiting = new Map();
function sendSoon(form, wait) {
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => sendNow(form), wait));
}
async function sendNow(form) {
  if (form.dataset.busy) return sendSoon(form, 500);
  waiting.delete(form);
  form.dataset.busy = "yes";
  const status = form.querySelector(".saved");
  const typed = all("textarea[name]", form).map((el) => [el, el.value]);
  try {
    status.textContent = "Saving…";
    const res = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const there = new DOMParser().parseFromString(await res.text(), "text/html");
    if (!there.getElementById(form.getAttribute("id"))) throw new Error("no answer");
    if (res.ok) typed.forEach(([el, was]) => el.value === was && sessionStorage.removeItem(kept(el)));
    refresh(form, there);
  } catch {
    status.textContent = "Not saved: there is no connection, or your link has ended. What you typed stays here; press Save to try again.";
  }
  delete form.dataset.busy;
}
function refresh(form, there) {
  form.elements.base.value = there.getElementById(form.getAttribute("id")).elements.base.value;
  for (const list of all("[data-grow]")) {
    const other = there.getElementById(list.id);
    if (!other || "alone" in other.dataset) continue;
    const ids = [...other.children].map((c) => c.id);
    [...list.children].forEach((c) => ids.includes(c.id) || c.contains(document.activeElement) || c.remove());
    [...other.children].forEach((c, i) => document.getElementById(c.id) || list.insertBefore(document.adoptNode(c), list.children[i] ?? null));
  }
  for (const part of all("[data-fresh][id]")) {
    const other = there.getElementById(part.id);
    const own = part.closest("form");
    if (!other || own && own !== form && (waiting.has(own) || own.dataset.busy)) continue;
    const focused = part.contains(document.activeElement);
    part.replaceChildren(...other.childNodes);
    if (focused) part.querySelector("button:last-of-type")?.focus();
  }
}
const saves = (form) => form?.matches("[data-autosave]");
const quietly = (form) => saves(form) && !form.querySelector("[data-conflict]"); // a person decides which of two stays
on("input", (e) => quietly(e.target.form) && sendSoon(e.target.form, 900));
on("change", (e) => quietly(e.target.form) && sendSoon(e.target.form, 200));
document.addEventListener("submit", (e) => {
  clearTimeout(waiting.get(e.target));
  if (!saves(e.target)) return;
  if (e.submitter?.name) { // it does more than save: once what is on its way has come back
    if (!e.target.dataset.busy) return;
    e.preventDefault();
    e.stopImmediatePropagation();
    setTimeout(() => e.target.requestSubmit(e.submitter), 150);
    return;
  }
  e.preventDefault();
  e.stopImmediatePropagation();
  sendNow(e.target);
}, true);

// prepare does what a page needs once it is there, and again after a swap.
function prepare() {
  recall();
  const invited = document.querySelector('form[action="/invitation"] input[name=secret]');
  if (invited && location.hash.length > 1) {
    invited.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  }
  all("[data-keys-switch]").forEach((el) => { el.hidden = false; });
  all("[data-keys-toggle]").forEach((b) => {
    b.setAttribute("aria-pressed", String(Boolean(localStorage.getItem(off))));
    b.textContent = localStorage.getItem(off) ? "Switch shortcuts on" : "Switch shortcuts off";
  });
  all("button[data-copy][hidden]").forEach((b) => { b.hidden = false; });
  all("form[data-bulk]").forEach(count);
  if (document.querySelector("meta[name=plot]")) all("figure[data-series]:not([data-drawn])").forEach(draw);
}
prepare();
