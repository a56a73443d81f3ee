// A place to drop a file on, or to choose one. It goes to the kernel in pieces, a few under way at a time.
const PIECE = 1 << 20, UNDER_WAY = 4, PATIENCE = 15_000; // bytes, pieces, milliseconds without an answer

PARTS.upload = (form) => {
  const words = form.model.get("words");
  const make = (tag, facts) => Object.assign(document.createElement(tag), facts);
  const el = make("div", { className: "tk-drop" });
  const chooser = make("input", { type: "file", hidden: true });
  const button = make("button", { type: "button", className: "tk-button" });
  const note = make("span", { className: "tk-drop-note" });
  const bar = make("progress", { hidden: true, max: 1 });
  let facts = {}, running = "";
  el.append(button, note, bar, chooser);
  button.onclick = () => chooser.click();
  chooser.onchange = () => { if (chooser.files[0]) start(chooser.files[0]); chooser.value = ""; };
  el.ondragover = (e) => { e.preventDefault(); el.classList.add("tk-over"); };
  el.ondragleave = () => el.classList.remove("tk-over");
  el.ondrop = (e) => {
    e.preventDefault();
    el.classList.remove("tk-over");
    if (e.dataTransfer.files[0]) start(e.dataTransfer.files[0]);
  };

  const send = (id, more, buffers) => form.model.send({ up: facts.k, id, ...more }, undefined, buffers);
  const show = (text, share) => { note.textContent = text; bar.hidden = share === undefined; bar.value = share ?? 0; };

  async function start(file) {
    if (running) return;
    const id = running = `${Date.now()}-${Math.random()}`;
    button.setAttribute("aria-disabled", "true");
    try { await transfer(file, id); }
    catch { send(id, { gone: true }); show(words.broke.replace("{name}", file.name)); }
    running = "";
    form.uploads.delete(id);
    button.removeAttribute("aria-disabled");
  }

  function transfer(file, id) {
    const pieces = Math.ceil(file.size / PIECE);
    let next = 0, done = 0, timer;
    return new Promise((resolve, reject) => {
      const wait = () => { clearTimeout(timer); timer = setTimeout(reject, PATIENCE); };
      const more = async () => {
        const n = next++;
        const content = await file.slice(n * PIECE, (n + 1) * PIECE).arrayBuffer();
        send(id, { n, at: n * PIECE }, [content]);
      };
      form.uploads.set(id, (answer) => {
        wait();
        if (answer.wrong) { clearTimeout(timer); reject(); return; }
        if (answer.n !== undefined) done += 1;
        show(`${file.name} · ${Math.round((100 * done) / Math.max(pieces, 1))} %`, done / Math.max(pieces, 1));
        if (done < pieces) { while (next < pieces && next - done < UNDER_WAY) more().catch(reject); return; }
        clearTimeout(timer);
        send(id, { end: true });
        show(facts.note ?? "");
        resolve();
      });
      wait();
      send(id, { name: file.name, size: file.size });
    });
  }

  el.update = (attributes) => {
    facts = attributes;
    button.textContent = attributes.label;
    el.classList.add(...String(attributes.class ?? "").split(" ").filter(Boolean));
    chooser.accept = attributes.accept ?? "";
    bar.setAttribute("aria-label", attributes.label);
    if (running) return;
    if (attributes.receiving && !form.uploads.has(attributes.receiving)) {
      send(attributes.receiving, { gone: true }); // the page was loaded anew in the middle
      show(words.broke.replace("{name}", attributes.file ?? ""));
    } else if (attributes.note !== el.tkNote) show(attributes.note ?? "");
    el.tkNote = attributes.note;
  };
  return el;
};
