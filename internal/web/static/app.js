// What makes the pages quicker for those who have scripts. Every page works
// without it. Shortcuts can be switched off: they are then gone from this browser.
const off = "drawbridge-keys-off";
const typing = (el) => el.closest("input, textarea, select, [contenteditable]");

// j and k walk through the rows of a list; Enter follows the row's first link.
const rows = () => [...document.querySelectorAll("[data-rows] > *")];
let at = -1;
function walk(step) {
  const list = rows();
  if (list.length === 0) return;
  at = Math.min(Math.max(at + step, 0), list.length - 1);
  list[at].querySelector("a")?.focus();
  list[at].scrollIntoView({ block: "nearest" });
}

// g and then a letter leads to a page of the menu.
let going = false;
function go(key) {
  const to = document.querySelector(`.rail a[data-key="${CSS.escape(key)}"]`);
  if (to) location.assign(to.href);
}

document.addEventListener("keydown", (e) => {
  if (localStorage.getItem(off) || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
  if (going) {
    going = false;
    go(e.key);
    return;
  }
  switch (e.key) {
    case "j": walk(1); break;
    case "k": walk(-1); break;
    case "g": going = true; setTimeout(() => { going = false; }, 1500); break;
    default:
  }
});

// An open menu closes when one presses elsewhere, or Escape.
const menus = () => document.querySelectorAll("details.who[open], .rail details[open]");
document.addEventListener("click", (e) => menus().forEach((m) => m.contains(e.target) || m.removeAttribute("open")));
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  menus().forEach((m) => { m.removeAttribute("open"); m.querySelector("summary").focus(); });
});
