// What is said about the call, and what the pointer and the keys do.
const NAMES = { barge_in: ["yield", "yield"], duck: ["duck", "duck"], resume: ["resume", "resume"], turn_end: ["turn end", "turn"] };
const LEAST = 200;

function bytes(text) {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

function element(name, parent, text, attributes) {
  const e = document.createElement(name);
  if (text != null) e.textContent = text;
  for (const key in attributes || {}) e.setAttribute(key, attributes[key]);
  if (parent) parent.append(e);
  return e;
}

function load() {
  const tape = JSON.parse(document.getElementById("tape").textContent);
  for (const side of ["caller", "agent"]) tape.wave[side] = bytes(tape.wave[side]);
  tape.voice = bytes(tape.voice); tape.score = bytes(tape.score);
  tape.loud = loudness(tape.wave);
  tape.events = tape.events.filter(e => NAMES[e.name]);
  for (const e of tape.events) { [e.shown, e.colour] = NAMES[e.name]; e.agent = e.name !== "turn_end"; }
  return tape;
}

function start() {
  const tape = load(), plot = document.getElementById("plot"), tip = document.getElementById("tip"), overview = document.getElementById("overview");
  let view = { from: 0, to: tape.duration }, chosen = null, hover = null, asked = false;

  const redraw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(tape, view, chosen, hover); drawOverview(tape, view); });
  };
  const show = (from, to) => {
    const length = Math.min(tape.duration, Math.max(LEAST, to - from));
    from = Math.min(Math.max(0, from), tape.duration - length);
    view = { from, to: from + length };
    redraw();
  };
  const zoom = (factor, at) => {
    if (at == null) at = chosen && chosen.t >= view.from && chosen.t <= view.to ? chosen.t : (view.from + view.to) / 2;
    show(at - (at - view.from) * factor, at + (view.to - at) * factor);
  };
  const move = by => show(view.from + by, view.to + by);
  const centre = t => { const half = Math.min(view.to - view.from, 12e3) / 2; show(t - half, t + half); };
  const timeAt = x => view.from + (x - GUTTER) / (plot.clientWidth - GUTTER) * (view.to - view.from);

  function choose(e, scroll) {
    chosen = e;
    const box = document.getElementById("evidence");
    box.replaceChildren();
    document.querySelectorAll("#decisions li").forEach((li, i) => {
      li.setAttribute("aria-current", tape.events[i] === e);
      if (scroll && tape.events[i] === e) li.scrollIntoView({ block: "nearest" });
    });
    if (e) {
      box.style.setProperty("--c", `var(--${e.colour})`);
      element("b", box, `${exact(e.t)} · ${e.shown}`);
      element("code", box, e.explained, { dir: "auto" });
      const reasons = [...(e.why || "").matchAll(/\b(voice|level|duration|echo) ([01]\.\d\d)/g)];
      const bars = reasons.length ? element("div", box, null, { class: "reasons" }) : null;
      for (const [, name, value] of reasons) {
        const bar = element("div", bars, name);
        element("span", bar, value);
        element("i", bar).style.setProperty("--v", 100 * value + "%");
      }
      if (e.t < view.from || e.t > view.to) centre(e.t);
    }
    redraw();
  }
  const next = by => {
    if (!tape.events.length) return;
    const at = chosen ? tape.events.indexOf(chosen) + by : by > 0 ? 0 : tape.events.length - 1;
    const e = tape.events[Math.min(Math.max(at, 0), tape.events.length - 1)];
    choose(e, true); centre(e.t);
  };

  describe(tape, e => { choose(e); centre(e.t); }, centre);

  plot.addEventListener("wheel", event => {
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) move((event.deltaX || event.deltaY) / plot.clientWidth * (view.to - view.from));
    else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), timeAt(event.offsetX));
  }, { passive: false });
  const touches = new Map();
  let moved = 0;
  plot.addEventListener("pointerdown", event => { plot.setPointerCapture(event.pointerId); touches.set(event.pointerId, event.offsetX); moved = 0; });
  plot.addEventListener("pointermove", event => {
    const before = touches.get(event.pointerId);
    if (before != null) {
      const others = [...touches].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
      moved += Math.abs(event.offsetX - before);
      if (others.length) {
        const apart = Math.abs(before - others[0]), now = Math.abs(event.offsetX - others[0]);
        if (apart > 5 && now > 5) zoom(apart / now, timeAt((event.offsetX + others[0]) / 2));
      } else move((before - event.offsetX) / (plot.clientWidth - GUTTER) * (view.to - view.from));
      touches.set(event.pointerId, event.offsetX);
    }
    read(event);
  });
  const up = event => {
    touches.delete(event.pointerId);
    if (event.type === "pointerup" && moved < 4) {
      const near = tape.events.map(e => [Math.abs(e.t - timeAt(event.offsetX)), e]).sort((a, b) => a[0] - b[0])[0];
      if (near && near[0] / (view.to - view.from) * plot.clientWidth < 12) choose(near[1], true); else choose(null);
    }
  };
  plot.addEventListener("pointerup", up); plot.addEventListener("pointercancel", up);
  plot.addEventListener("pointerleave", () => { hover = null; tip.hidden = true; redraw(); });

  function read(event) {
    const t = timeAt(event.offsetX);
    if (t < view.from || t > tape.duration) { hover = null; tip.hidden = true; redraw(); return; }
    hover = t;
    const frame = Math.floor(t / 20), lines = [exact(Math.round(t))], db = v => v ? (30 * Math.log10(v / 255)).toFixed(0) : null;
    const bin = Math.floor(t / tape.wave.step_ms), caller = db(tape.wave.caller[bin]), agent = db(tape.wave.agent[bin]);
    if (tape.voice[frame] != null) lines.push("voice " + (tape.voice[frame] / 255).toFixed(2) + "   barge-in " + ((tape.score[frame] || 0) / 255).toFixed(2));
    lines.push("caller " + (caller == null ? "–" : caller + " dB") + "   agent " + (agent == null ? "–" : agent + " dB"));
    for (const label of tape.labels) if (label.from <= t && t < label.to) lines.push(label.kind.replace("_", " ") + (label.text ? "  \u2068" + label.text + "\u2069" : ""));
    for (const e of tape.events) if (Math.abs(e.t - t) / (view.to - view.from) * plot.clientWidth < 6) lines.push(e.shown + " at " + exact(e.t));
    tip.textContent = lines.join("\n"); tip.hidden = false;
    const left = event.offsetX + 14 + tip.offsetWidth > plot.clientWidth ? event.offsetX - 14 - tip.offsetWidth : event.offsetX + 14;
    tip.style.left = Math.max(0, left) + "px";
    redraw();
  }

  const jump = event => { if (event.buttons || event.type === "click") { const t = event.offsetX / overview.clientWidth * tape.duration, half = (view.to - view.from) / 2; show(t - half, t + half); } };
  overview.addEventListener("click", jump); overview.addEventListener("pointermove", jump);
  document.getElementById("in").onclick = () => zoom(.5);
  document.getElementById("out").onclick = () => zoom(2);
  document.getElementById("all").onclick = () => show(0, tape.duration);
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { "+": () => zoom(.5), "=": () => zoom(.5), "-": () => zoom(2), 0: () => show(0, tape.duration), ArrowLeft: () => move((view.from - view.to) / 5), ArrowRight: () => move((view.to - view.from) / 5), n: () => next(1), p: () => next(-1), Escape: () => choose(null) }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  new ResizeObserver(redraw).observe(plot);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const wanted = /^#t=(\d+)$/.exec(location.hash);
  if (wanted) { const t = +wanted[1], e = tape.events.find(e => e.t >= t); centre(t); if (e) choose(e); }
  draw(tape, view, chosen, hover); drawOverview(tape, view);
  document.documentElement.dataset.ready = tape.events.length;
}

// Everything that is text.
function describe(tape, pick, centre) {
  document.getElementById("name").textContent = tape.name;
  document.getElementById("about").textContent = tape.about;
  for (const [name, value] of tape.facts) { const div = element("div", document.getElementById("facts")); element("dt", div, name); element("dd", div, value); }
  for (const [colour, name] of [["yield", "the agent yields"], ["duck", "it is turned down"], ["resume", "it resumes"], ["turn", "turn end"], ["caller", "caller"], ["agent", "agent"]])
    element("span", document.getElementById("legend"), name).style.setProperty("--c", `var(--${colour})`);
  const list = document.getElementById("decisions");
  for (const e of tape.events) {
    const li = element("li", list, null, { "data-event": e.name, "data-t": e.t });
    li.style.setProperty("--c", `var(--${e.colour})`);
    element("time", li, exact(e.t)); element("b", li, e.shown + (e.score == null ? "" : " " + e.score.toFixed(2))); element("span", li, e.why || "");
    li.onclick = () => pick(e);
  }
  if (!tape.events.length) element("li", list, "Nothing was decided.", { class: "none" }).style.display = "block";
  const talk = document.getElementById("talk");
  for (const said of tape.talk) {
    const li = element("li", talk, null, { "data-who": said.who });
    li.style.setProperty("--c", `var(--${said.who})`);
    element("time", li, exact(said.t)); element("span", li, said.who, { class: "who" });
    element("p", li, said.text, { class: "said", dir: "auto", lang: /[\u0590-\u05ff]/.test(said.text) ? "he" : "en" });
    if (/[\u0590-\u08ff]/.test(said.text)) li.lastChild.dir = "rtl";
    if (said.lag) element("span", li, said.lag, { class: "lag" });
    li.onclick = () => centre(said.t);
  }
  if (!tape.talk.length) element("li", talk, "No words are known.", { class: "none" }).style.display = "block";
}

addEventListener("error", event => { document.documentElement.dataset.error = event.message; });
start();
