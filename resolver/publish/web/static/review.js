// Keys and suggestions for the review queue. The page also works without this, by its forms and links: keys press their buttons.
"use strict";

const find = (selector) => document.querySelector(selector);
const search = find("#other");
const list = find("#found");
const count = find("#count");
const keys = find("#keys");
const KEYS_SETTING = "resolver keys";

document.documentElement.classList.add("keyed");
keys.closest("details").hidden = false;
try { keys.checked = localStorage.getItem(KEYS_SETTING) !== "off" } catch { /* this browser stores nothing */ }
keys.addEventListener("change", () => {
  try { localStorage.setItem(KEYS_SETTING, keys.checked ? "on" : "off") } catch { /* as above */ }
});

const press = (element) => element && element.click();
const ACTIONS = {
  a: () => press(find(".accept")),
  r: () => press(find("button[name=reject]")),
  u: () => press(find("#undo")),
  j: () => press(find("#next")),
  k: () => press(find("#previous")),
  o: () => search && search.focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && typing) typing.blur();
  if (typing || !keys.checked || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  const number = /^[1-5]$/.test(key) ? find(`#option${key}`) : null;
  if (!number && !Object.hasOwn(ACTIONS, key)) return;
  event.preventDefault();
  if (number) press(number.closest("li").querySelector(".accept"));
  else ACTIONS[key]();
});

let decided = false;
find("#decide")?.addEventListener("submit", (event) => {
  if (decided) event.preventDefault();  // a key pressed twice must not decide on the next mention
  decided = true;
});
window.addEventListener("pageshow", () => { decided = false });
if (find("#mention") && document.referrer.startsWith(location.origin + location.pathname)) {
  find("#mention").focus({ preventScroll: true });
}

const isolated = (text, lang) => {
  const element = document.createElement("bdi");
  element.textContent = text;
  if (lang) element.lang = lang;
  return element;
};

const shown = (entity) => {
  const item = document.createElement("li");
  const button = document.createElement("button");
  Object.assign(button, { name: "accept", value: entity.id, textContent: "Accept" });
  button.setAttribute("form", "decide");
  const text = document.createElement("div");
  const name = document.createElement("strong");
  name.append(isolated(entity.name));
  const about = document.createElement("span");
  about.className = "quiet";
  about.append(" ", isolated(entity.description), " · ", isolated(entity.id));
  text.append(name, about);
  item.append(button, text);
  return item;
};

let asked = 0;
const suggest = async () => {
  const number = ++asked;
  const prefix = search.value.trim();
  let found = [];
  try {
    if (prefix) {
      const response = await fetch(`${search.dataset.suggest}?prefix=${encodeURIComponent(prefix)}`);
      if (!response.ok) return;
      found = (await response.json()).result;
    }
  } catch { return }
  if (number !== asked) return;
  list.replaceChildren(...found.map(shown));
  count.textContent = !prefix ? "" : found.length ? `${found.length} found: press Tab to reach them` : "No entity has such a name.";
};
let waiting = 0;
search?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(suggest, 150);
});
