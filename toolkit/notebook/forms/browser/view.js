// Draws the elements that Python describes, keeps focus and caret, and sends back what people do.
// Texts become text nodes and attributes; nothing is ever parsed as markup.
const PARTS = {}; // elements with a life of their own, by tag
const IDS = new Set(["id", "for", "name", "list", "aria-describedby", "aria-labelledby", "aria-controls"]);
const SVG = new Set(["svg", "rect", "path", "line", "circle"]);
const SPEAK_AFTER = 80; // milliseconds: a live region is heard when it stood there before its text

function create(tag, form) {
  if (PARTS[tag]) return PARTS[tag](form);
  return SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
}

function setAttributes(el, attributes, form) {
  const before = el.tkAttributes ?? {};
  for (const name of Object.keys(before)) if (!(name in attributes)) el.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) {
    if (["k", "act", "enter", "always", "value", "checked"].includes(name) || before[name] === value) continue;
    if (/^on/i.test(name) || (name === "href" && !/^(data:|https?:|#)/.test(value))) continue;
    const ids = () => String(value).split(" ").map((one) => `${form.id}-${one}`).join(" ");
    el.setAttribute(name, IDS.has(name) ? ids() : value === true ? "" : value);
  }
  el.tkAttributes = attributes;
}

function setValue(el, { value, checked, "data-emptied": emptied }) {
  if (emptied !== el.tkEmptied) el.value = ""; // a secret was read
  el.tkEmptied = emptied;
  const changed = JSON.stringify(value) !== el.tkValue;
  el.tkValue = JSON.stringify(value);
  if (el.type === "checkbox" || el.type === "radio") el.checked = Boolean(checked);
  if (el.type === "radio" || el.type === "checkbox") el.value = value ?? "on";
  else if (value !== undefined && (changed || document.activeElement !== el)) {
    if (el.multiple) for (const option of el.options) option.selected = value.includes(option.value);
    else if (el.value !== String(value)) el.value = value;
  }
}

function patch(parent, nodes, form) {
  const keyed = new Map([...parent.childNodes].filter((n) => n.tkKey).map((n) => [n.tkKey, n]));
  let at = parent.firstChild;
  for (const node of nodes) {
    if (typeof node === "string") {
      if (at?.nodeType === Node.TEXT_NODE) { if (at.data !== node) at.data = node; at = at.nextSibling; }
      else parent.insertBefore(document.createTextNode(node), at);
      continue;
    }
    const [tag, attributes, children] = node;
    let el = attributes.k ? keyed.get(attributes.k) : at?.nodeType === Node.ELEMENT_NODE && !at.tkKey ? at : null;
    if (el?.tkTag !== tag) el = null;
    if (el && el === at) at = at.nextSibling;
    else if (el) parent.insertBefore(el, at);
    else { el = create(tag, form); el.tkTag = tag; el.tkKey = attributes.k ?? ""; parent.insertBefore(el, at); }
    if (el.update) el.update(attributes);
    else {
      setAttributes(el, attributes, form);
      patch(el, children, form);
      if ("value" in el) setValue(el, attributes);
    }
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}

function valueOf(el) {
  if (el.type === "checkbox") return el.checked;
  return el.multiple ? [...el.selectedOptions].map((option) => option.value) : el.value;
}

function byKey(root, key) {
  return [...root.querySelectorAll("*")].find((el) => el.tkKey === key);
}

function draw(form) {
  const active = document.activeElement;
  const [key, start, end] = form.root.contains(active) ? [active.tkKey, active.selectionStart, active.selectionEnd] : [];
  patch(form.body, form.model.get("tree"), form);
  setBusy(form);
  if (!key || document.activeElement === active && active.isConnected) return;
  const again = byKey(form.body, key);
  again?.focus({ preventScroll: true });
  if (again && start != null && again.setSelectionRange) again.setSelectionRange(start, end);
}

function setBusy(form) {
  const busy = form.model.get("busy");
  for (const el of form.body.querySelectorAll("button")) {
    if (!el.tkAttributes?.act || el.tkAttributes.always) continue;
    if (busy || el.tkAttributes["aria-disabled"]) el.setAttribute("aria-disabled", "true");
    else el.removeAttribute("aria-disabled");
  }
  form.body.setAttribute("aria-busy", String(busy));
}

function say(form) {
  const { text = "", wrong = false } = form.model.get("message");
  form.status.textContent = form.alert.textContent = "";
  clearTimeout(form.speaking);
  form.speaking = setTimeout(() => { (wrong ? form.alert : form.status).textContent = text; }, SPEAK_AFTER);
}

function listen(form, signal) {
  const send = (el, more = {}) => form.model.send({ k: el.tkKey, ...more });
  const on = (target, name, act, options = {}) => target.addEventListener(name, act, { signal, ...options });
  on(form.root, "click", (e) => {
    const el = e.target.closest?.("button");
    if (!el?.tkAttributes?.act || el.getAttribute("aria-disabled") === "true") return;
    if (el.tkAttributes["data-asks"]) return askToNotify().then((answer) => send(el, { v: answer }));
    send(el);
  });
  on(form.root, "change", (e) => { if (e.target.tkAttributes?.act) send(e.target, { v: valueOf(e.target) }); });
  on(form.root, "keydown", (e) => {
    if (e.key !== "Enter" || e.target.tagName !== "INPUT" || !e.target.tkAttributes?.enter) return;
    e.preventDefault();
    send(e.target, { v: valueOf(e.target), enter: true });
  });
  on(window, "mousedown", (e) => { // whoever clicks outside is no longer in the form
    if (form.root.contains(document.activeElement) && !form.root.contains(e.target)) document.activeElement.blur();
  }, { capture: true });
  // a key typed on a button is no command to the notebook: there, X cuts the cell
  on(window, "keydown", (e) => {
    if (form.root.contains(e.target))
      e.target.toggleAttribute("data-lm-suppress-shortcuts", e.key === "Enter" || !(e.ctrlKey || e.metaKey || e.altKey));
  }, { capture: true });
}

async function askToNotify() {
  if (!("Notification" in window)) return "denied";
  return Notification.permission === "default" ? Notification.requestPermission() : Notification.permission;
}

function notify({ title, text }) {
  if (!document.hidden) return;
  const before = document.title, mark = `✔ ${before}`;
  document.title = mark;
  window.addEventListener("focus", () => { if (document.title === mark) document.title = before; }, { once: true });
  if ("Notification" in window && Notification.permission === "granted") new Notification(title, { body: text });
}

function save({ save: name, n, of }, buffers, form) {
  if (n === 0) form.pieces = [];
  form.pieces.push(buffers[0]);
  if (n < of - 1 || form.pieces.length < of) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(form.pieces));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  form.pieces = [];
}

let forms = 0;

function render({ model, el }) {
  const form = { model, root: el, id: `tk${++forms}`, uploads: new Map() };
  form.body = document.createElement("div");
  form.status = Object.assign(document.createElement("div"), { className: "tk-status" });
  form.alert = Object.assign(document.createElement("div"), { className: "tk-alert" });
  form.status.setAttribute("role", "status");
  form.alert.setAttribute("role", "alert");
  const messages = Object.assign(document.createElement("div"), { className: "tk-message" });
  messages.append(form.status, form.alert);
  el.classList.add("tk-view");
  el.append(form.body, messages);
  const stop = new AbortController();
  listen(form, stop.signal);
  const changed = { "change:tree": () => draw(form), "change:busy": () => setBusy(form), "change:message": () => say(form) };
  changed["msg:custom"] = (content, buffers) => {
    if (content.save) save(content, buffers, form);
    if (content.focus) setTimeout(() => byKey(form.body, content.focus)?.focus());
    if (content.notice) notify(content.notice);
    if (content.up) form.uploads.get(content.up)?.(content);
  };
  for (const [name, act] of Object.entries(changed)) model.on(name, act);
  draw(form);
  say(form);
  return () => { stop.abort(); for (const [name, act] of Object.entries(changed)) model.off(name, act); };
}

export default { render };
