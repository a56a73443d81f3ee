// A page with stamps on it, to be dragged or moved by the arrow keys. Places are points from the lower left.
const STEP = 2, LEAP = 20; // points that an arrow key moves a stamp, alone and with Shift

PARTS.stamps = (form) => {
  const el = Object.assign(document.createElement("div"), { className: "tk-page" });
  const image = Object.assign(document.createElement("img"), { alt: "", draggable: false });
  const boxes = new Map();
  let facts = { stamps: [] };
  el.append(image);

  const scale = () => el.clientWidth / facts.width;
  const clamp = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
  function put(box, stamp) {
    const share = (value, whole) => `${(100 * value) / whole}%`;
    box.style.left = share(stamp.x, facts.width);
    box.style.bottom = share(stamp.y, facts.height);
    box.style.width = share(stamp.w, facts.width);
    box.style.height = share(stamp.h, facts.height);
  }
  function move(stamp, x, y, done = true) {
    const moved = { ...stamp, x: clamp(x, facts.width - stamp.w), y: clamp(y, facts.height - stamp.h) };
    put(boxes.get(stamp.id), moved);
    boxes.get(stamp.id).tkStamp = moved;
    if (done) form.model.send({ k: facts.k, v: { id: stamp.id, x: moved.x, y: moved.y } });
  }
  const at = (e) => {
    const page = el.getBoundingClientRect();
    return [(e.clientX - page.left) / scale(), (page.bottom - e.clientY) / scale()];
  };
  el.onclick = (e) => {
    if (e.target !== image && e.target !== el) return;
    const stamp = facts.stamps.find((one) => one.on) ?? facts.stamps[0];
    if (!stamp || !boxes.has(stamp.id)) return;
    const [x, y] = at(e);
    move(stamp, x - stamp.w / 2, y - stamp.h / 2);
    boxes.get(stamp.id).focus();
  };

  function make(id) {
    const box = Object.assign(document.createElement("button"), { type: "button", className: "tk-stamp" });
    box.onpointerdown = (e) => {
      const [fromX, fromY] = at(e), stamp = box.tkStamp;
      box.setPointerCapture(e.pointerId);
      const moving = (go, done) => { const [x, y] = at(go); move(stamp, stamp.x + x - fromX, stamp.y + y - fromY, done); };
      box.onpointermove = (go) => moving(go, false);
      box.onpointerup = (go) => {
        box.onpointermove = box.onpointerup = null;
        const [x, y] = at(go);
        if (Math.abs(x - fromX) + Math.abs(y - fromY) > 0.5) moving(go, true);
        else form.model.send({ k: facts.k, v: { id } });
      };
    };
    box.onkeydown = (e) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
      if (!by) return;
      e.preventDefault();
      e.stopPropagation();
      const far = e.shiftKey ? LEAP : STEP, { x, y } = box.tkStamp;
      move(box.tkStamp, x + far * by[0], y + far * by[1]);
    };
    return box;
  }

  el.update = (attributes) => {
    facts = attributes;
    el.style.aspectRatio = `${facts.width} / ${facts.height}`;
    el.setAttribute("role", "group");
    el.setAttribute("aria-label", facts.label);
    image.hidden = !facts.picture;
    if (facts.picture && image.src !== facts.picture) image.src = facts.picture;
    const known = new Set(facts.stamps.map((stamp) => stamp.id));
    for (const [id, box] of boxes) if (!known.has(id)) { box.remove(); boxes.delete(id); }
    for (const stamp of facts.stamps) {
      if (!boxes.has(stamp.id)) { boxes.set(stamp.id, make(stamp.id)); el.append(boxes.get(stamp.id)); }
      const box = boxes.get(stamp.id);
      box.tkStamp = stamp;
      box.textContent = stamp.label;
      box.setAttribute("aria-label", stamp.description);
      box.setAttribute("aria-pressed", String(Boolean(stamp.on)));
      put(box, stamp);
    }
  };
  return el;
};
