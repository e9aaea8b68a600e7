"use strict";
// The picture: rows over one time axis, drawn on a canvas from what is in view.
const ROWS = { marks: [22, 30], labels: [56, 22], caller: [80, 108], voice: [196, 54], lag: [258, 24], agent: [290, 92], score: [392, 60] };
const HEIGHT = 470, GUTTER = 62;

function colours() {
  const style = getComputedStyle(document.documentElement), of = {};
  for (const name of ["paper", "card", "ink", "soft", "line", "caller", "agent", "yield", "duck", "resume", "turn", "speech", "noise", "band", "aband", "shade"])
    of[name] = style.getPropertyValue("--" + name).trim();
  return of;
}

function fit(canvas, height) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  return [g, width];
}

function clock(ms) {
  const s = ms / 1000, m = Math.floor(s / 60);
  return m ? m + ":" + (s - 60 * m).toFixed(ms % 1000 ? 3 : 0).padStart(ms % 1000 ? 6 : 2, "0") : s.toFixed(ms % 1000 ? 3 : 0) + " s";
}

// To the millisecond, in columns.
function exact(ms) {
  const m = Math.floor(ms / 6e4), s = (ms / 1e3 - 60 * m).toFixed(3);
  return m ? m + ":" + s.padStart(6, "0") : s + " s";
}

// The greatest of a side's envelope between two times: one column of the picture.
function peak(wave, step, from, to) {
  let most = 0;
  for (let i = Math.max(0, Math.floor(from / step)), end = Math.min(wave.length, Math.max(i + 1, Math.ceil(to / step))); i < end; i++)
    if (wave[i] > most) most = wave[i];
  return (most / 255) ** 1.5;
}

// Both sides alike, so that the louder one fills its row.
function loudness(wave) {
  let most = 64;
  for (const side of [wave.caller, wave.agent]) for (const v of side) if (v > most) most = v;
  return .96 / (most / 255) ** 1.5;
}

function envelope(g, wave, step, view, left, width, middle, half, colour) {
  g.fillStyle = colour;
  const per = (view.to - view.from) / width;
  for (let x = 0; x < width; x++) {
    const h = Math.max(.4, half * peak(wave, step, view.from + x * per, view.from + (x + 1) * per));
    g.fillRect(left + x, middle - h, 1, 2 * h);
  }
}

function curve(g, values, view, left, width, [top, height], colour) {
  if (!values.length) return;
  const per = (view.to - view.from) / width;
  g.beginPath(); g.moveTo(left, top + height);
  for (let x = 0; x <= width; x++) {
    const a = Math.max(0, Math.floor((view.from + x * per) / 20)), b = Math.max(a + 1, Math.floor((view.from + (x + 1) * per) / 20));
    let most = 0;
    for (let i = a; i < Math.min(b, values.length); i++) if (values[i] > most) most = values[i];
    g.lineTo(left + x, top + height * (1 - most / 255));
  }
  g.lineTo(left + width, top + height); g.closePath();
  g.globalAlpha = .22; g.fillStyle = colour; g.fill(); g.globalAlpha = 1;
  g.strokeStyle = colour; g.lineWidth = 1.2; g.stroke();
}

function ruler(g, c, view, x, width) {
  const rough = (view.to - view.from) / Math.max(2, width / 84), steps = [20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5];
  const step = steps.find(s => s >= rough) || 36e5;
  g.font = "11.5px system-ui,sans-serif"; g.textAlign = "center"; g.textBaseline = "alphabetic";
  for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
    g.fillStyle = c.line; g.fillRect(Math.round(x(t)), 18, 1, HEIGHT - 18);
    g.fillStyle = c.soft; if (x(t) < GUTTER + width - 12) g.fillText(clock(t), Math.max(x(t), GUTTER + 10), 12);
  }
}

function span(g, x, view, from, to, [top, height], fill) {
  if (to < view.from || from > view.to) return null;
  const a = Math.max(GUTTER, x(from)), b = x(to);
  g.fillStyle = fill; g.fillRect(a, top, Math.max(1, b - a), height);
  return [a, b];
}

function threshold(g, c, value, [top, height], left, width, name) {
  if (value == null) return;
  const y = Math.round(top + height * (1 - value)) + .5;
  g.strokeStyle = c.soft; g.setLineDash([3, 4]); g.lineWidth = 1; g.globalAlpha = .6;
  g.beginPath(); g.moveTo(left, y); g.lineTo(left + width, y); g.stroke();
  g.setLineDash([]); g.globalAlpha = 1;
  g.fillStyle = c.soft; g.textAlign = "right"; g.font = "10.5px system-ui,sans-serif"; g.fillText(name, left + width - 3, y - 3);
}

function draw(tape, view, chosen, hover) {
  const c = colours(), [g, full] = fit(document.getElementById("plot"), HEIGHT), width = full - GUTTER;
  const x = t => GUTTER + (t - view.from) / (view.to - view.from) * width;
  ruler(g, c, view, x, width);
  g.save(); g.beginPath(); g.rect(GUTTER, 0, width, HEIGHT); g.clip();
  for (const [a, b] of tape.speech) span(g, x, view, a, b, [ROWS.caller[0], ROWS.voice[0] + ROWS.voice[1] - ROWS.caller[0]], c.band);
  for (const [a, b] of tape.audible) span(g, x, view, a, b, ROWS.agent, c.aband);
  for (const [a, b] of tape.ducked) span(g, x, view, a, b, [ROWS.agent[0], 4], c.duck);
  envelope(g, tape.wave.caller, tape.wave.step_ms, view, GUTTER, width, ROWS.caller[0] + ROWS.caller[1] / 2, tape.loud * ROWS.caller[1] / 2, c.caller);
  envelope(g, tape.wave.agent, tape.wave.step_ms, view, GUTTER, width, ROWS.agent[0] + ROWS.agent[1] / 2, tape.loud * ROWS.agent[1] / 2, c.agent);
  curve(g, tape.voice, view, GUTTER, width, ROWS.voice, c.speech);
  curve(g, tape.score, view, GUTTER, width, ROWS.score, c.yield);
  threshold(g, c, tape.thresholds.duck, ROWS.score, GUTTER, width, "duck");
  threshold(g, c, tape.thresholds.yield, ROWS.score, GUTTER, width, "yield");
  for (const label of tape.labels) {
    const kind = { turn: c.caller, interruption: c.yield, backchannel: c.resume, side_speech: c.soft, noise: c.noise }[label.kind];
    g.globalAlpha = .24;
    const at = span(g, x, view, label.from, label.to, ROWS.labels, kind);
    g.globalAlpha = 1;
    if (!at) continue;
    g.fillStyle = kind; g.fillRect(at[0], ROWS.labels[0], 2, ROWS.labels[1]);
    const text = label.text || label.kind.replace("_", " "), room = Math.min(at[1], full) - at[0] - 10;
    if (room < 18) continue;
    g.save(); g.beginPath(); g.rect(at[0] + 4, ROWS.labels[0], room + 4, ROWS.labels[1]); g.clip();
    const right = /[\u0590-\u08ff]/.test(text);
    g.fillStyle = c.ink; g.font = "12.5px system-ui,'Noto Sans Hebrew',sans-serif"; g.textAlign = right ? "right" : "left"; g.direction = right ? "rtl" : "ltr";
    g.fillText(text, right ? Math.min(at[1], full) - 5 : at[0] + 7, ROWS.labels[0] + 15.5);
    g.restore();
  }
  let free = 0;
  for (const turn of tape.turns) {
    if (turn.heard == null || turn.end == null) continue;
    const [top, height] = ROWS.lag, middle = top + height / 2;
    g.fillStyle = c.turn; g.globalAlpha = .55; span(g, x, view, turn.end, Math.max(turn.end, turn.decided), [middle - 2, 4], c.turn);
    g.globalAlpha = .28; span(g, x, view, turn.decided, turn.heard, [middle - 2, 4], c.turn); g.globalAlpha = 1;
    g.font = "11px system-ui,sans-serif"; g.textAlign = "left"; g.fillStyle = c.soft;
    const lag = (turn.heard - turn.end) + " ms", at = x(turn.heard) + 4;
    const wide = g.measureText(lag).width, after = tape.turns.find(other => other.end > turn.end && other.heard != null);
    if (x(turn.end) - 6 < free || after && at + wide > x(after.end) - 4) continue;
    g.fillText(lag, at, middle + 4);
    free = at + wide;
  }
  for (const e of tape.events) {
    if (e.t < view.from || e.t > view.to) continue;
    const at = x(e.t), colour = c[e.colour], is = e === chosen, [top, height] = ROWS.marks, middle = top + height / 2;
    g.strokeStyle = colour; g.lineWidth = is ? 2 : 1; g.globalAlpha = is ? 1 : .45;
    g.beginPath(); g.moveTo(at, middle); g.lineTo(at, e.agent ? ROWS.score[0] + ROWS.score[1] : ROWS.lag[0] + ROWS.lag[1]); g.stroke();
    g.globalAlpha = 1; g.fillStyle = colour;
    g.beginPath();
    if (e.name === "barge_in") { g.moveTo(at - 7, middle - 6); g.lineTo(at + 7, middle - 6); g.lineTo(at, middle + 7); }
    else if (e.name === "turn_end") g.rect(at - 5, middle - 5, 10, 10);
    else g.arc(at, middle, e.name === "duck" ? 5.5 : 4.5, 0, 7);
    g.fill();
    if (is) { g.strokeStyle = c.ink; g.lineWidth = 1.5; g.beginPath(); g.arc(at, middle, 11, 0, 7); g.stroke(); }
  }
  if (hover != null) { g.fillStyle = c.ink; g.globalAlpha = .5; g.fillRect(Math.round(x(hover)), 18, 1, HEIGHT - 18); g.globalAlpha = 1; }
  g.restore();
  g.textAlign = "left"; g.direction = "ltr"; g.font = "11.5px system-ui,sans-serif"; g.fillStyle = c.soft;
  for (const [row, name] of [["marks", "decided"], ["labels", "labels"], ["caller", "caller"], ["voice", "voice"], ["lag", "response"], ["agent", "agent"], ["score", "barge-in"]])
    g.fillText(name, 0, ROWS[row][0] + ROWS[row][1] / 2 + 4);
}

function drawOverview(tape, view) {
  const c = colours(), [g, width] = fit(document.getElementById("overview"), 44), whole = { from: 0, to: tape.duration };
  envelope(g, tape.wave.caller, tape.wave.step_ms, whole, 0, width, 12, 10 * tape.loud, c.caller);
  envelope(g, tape.wave.agent, tape.wave.step_ms, whole, 0, width, 32, 10 * tape.loud, c.agent);
  for (const e of tape.events) if (e.name === "barge_in") { g.fillStyle = c.yield; g.fillRect(e.t / tape.duration * width - 1, 0, 2, 44); }
  const a = view.from / tape.duration * width, b = view.to / tape.duration * width;
  g.fillStyle = c.paper; g.globalAlpha = .72; g.fillRect(0, 0, a, 44); g.fillRect(b, 0, width - b, 44); g.globalAlpha = 1;
  g.strokeStyle = c.soft; g.strokeRect(a + .5, .5, Math.max(3, b - a - 1), 43);
}
