//! One process and its calls: an outbox on disk, a CRM behind a network, and the end of the process at any
//! moment.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crm_api::{CallEvent, CallEventKind, EndReason};
use telephony_bridge::crm::{Backoff, Batch, SteppedOutbox};
use telephony_bridge::session::CallTime;

use super::call::{Call, CallFigures};
use super::crm::{Crm, Way};
use super::rng::Rng;

/// Requests at the same time, as in the bridge.
const IN_FLIGHT: usize = 8;
/// Small, so that journals are rewritten often.
const COMPACT_ABOVE: u64 = 4_096;
/// Everything must be in the CRM so long after the last call.
const PATIENCE: u64 = 600_000_000;

/// What a world was like.
#[derive(Clone, Debug, Default)]
pub struct WorldFigures {
    /// Calls that were made.
    pub calls: u64,
    /// Of each call that ended by itself.
    pub each: Vec<CallFigures>,
    /// Events recorded.
    pub events: u64,
    /// Times the process was killed.
    pub kills: u64,
    /// Calls that a kill cut off.
    pub cut_off: u64,
    /// Events that a kill took before they were on disk.
    pub unsynced: u64,
    /// Events that the CRM refused for good.
    pub buried: u64,
    /// Batches that the CRM got again.
    pub repeated: u64,
    /// Writes that the disk refused.
    pub disk_errors: u64,
}

/// A call and when it began.
struct Line {
    sid: String,
    began: u64,
    call: Call,
}

/// Something on its way back from the CRM.
struct Flight {
    at: u64,
    batch: Batch,
    way: Way,
}

struct World<'a> {
    rng: Rng,
    dir: &'a Path,
    base: Instant,
    faults: u64,
    trace: bool,
    now: u64,
    outbox: SteppedOutbox,
    crm: Crm,
    to_come: VecDeque<(u64, String)>,
    lines: Vec<Line>,
    flights: Vec<Flight>,
    write_at: Option<u64>,
    kill_at: Option<u64>,
    /// Every event that was given a number, by call and number; dropped again if a kill took it.
    given: BTreeMap<(String, u64), CallEvent>,
    /// Those not yet on disk.
    unsynced: Vec<(String, u64)>,
    buried: Vec<(String, u64)>,
    figures: WorldFigures,
}

/// Lives through `calls` calls in the empty folder `dir`, as the seed has it. `trace` says every input and
/// output of every session on standard error.
///
/// # Errors
/// What must always hold, and does not.
pub fn live(seed: u64, calls: u32, dir: &Path, trace: bool) -> Result<WorldFigures, String> {
    let mut rng = Rng::new(seed);
    let base = Instant::now();
    let outbox = SteppedOutbox::open(dir, COMPACT_ABOVE, base).map_err(|error| error.to_string())?.0;
    let faults = *rng.pick(&[0, 20, 100, 300]);
    let to_come: VecDeque<_> =
        (0..calls).map(|n| (u64::from(n) * 2_000_000, format!("CA{seed:x}-{n}"))).collect();
    let kill_at = rng.chance(400).then(|| rng.between(0, 120_000_000));
    let mut world = World {
        rng,
        dir,
        base,
        faults,
        trace,
        now: 0,
        outbox,
        crm: Crm::default(),
        to_come,
        lines: Vec::new(),
        flights: Vec::new(),
        write_at: None,
        kill_at,
        given: BTreeMap::new(),
        unsynced: Vec::new(),
        buried: Vec::new(),
        figures: WorldFigures { calls: u64::from(calls), ..WorldFigures::default() },
    };
    world.live()?;
    world.reckon()?;
    Ok(world.figures)
}

impl World<'_> {
    fn instant(&self) -> Instant {
        self.base + Duration::from_micros(self.now)
    }

    fn live(&mut self) -> Result<(), String> {
        let mut over_at = None;
        while let Some(at) = self.next_at() {
            self.now = self.now.max(at);
            if self.kill_at.is_some_and(|at| at <= self.now) {
                self.kill()?;
            }
            while self.to_come.front().is_some_and(|(at, _)| *at <= self.now) {
                if let Some((_, sid)) = self.to_come.pop_front() {
                    let call = Call::new(self.rng.split(), self.faults, self.trace.then(|| sid.clone()));
                    self.lines.push(Line { sid, began: self.now, call });
                }
            }
            self.calls()?;
            self.write();
            self.deliver()?;
            if self.lines.is_empty() && self.to_come.is_empty() {
                let over = *over_at.get_or_insert(self.now);
                if self.now > over + PATIENCE {
                    return Err(format!("{} events never reach the CRM", self.outbox.pending()));
                }
            }
        }
        Ok(())
    }

    fn next_at(&self) -> Option<u64> {
        let lines = self.lines.iter().filter_map(|line| Some(line.began + line.call.next_at()?.0));
        let flights = self.flights.iter().map(|flight| flight.at);
        let next = lines.chain(flights).chain(self.to_come.front().map(|(at, _)| *at)).chain(self.write_at);
        let next = next.min();
        // Nothing else to do: the next attempt at the CRM, or the end.
        let due = if next.is_none() && self.outbox.pending() > 0 { Some(self.now + 50_000) } else { None };
        let kill = self.kill_at.filter(|_| next.is_some());
        next.into_iter().chain(due).chain(kill).min()
    }

    fn calls(&mut self) -> Result<(), String> {
        let now = self.now;
        let mut reports = Vec::new();
        let mut index = 0;
        while index < self.lines.len() {
            let line = &mut self.lines[index];
            let at = CallTime(now - line.began);
            if line.call.next_at().is_some_and(|next| next <= at) {
                let told = line.call.step(at).map_err(|what| format!("{}: {what}", line.sid))?;
                reports.extend(told.into_iter().map(|kind| (line.sid.clone(), kind)));
            }
            if line.call.next_at().is_none() {
                self.figures.each.push(line.call.figures(at));
                self.lines.swap_remove(index);
            } else {
                index += 1;
            }
        }
        for (sid, kind) in reports {
            self.record(&sid, kind)?;
        }
        if self.outbox.wants_to_write() && self.write_at.is_none() {
            self.write_at = Some(now + self.rng.between(100, if self.faults > 0 { 300_000 } else { 5_000 }));
        }
        Ok(())
    }

    fn record(&mut self, sid: &str, kind: CallEventKind) -> Result<(), String> {
        let at_ms = (self.now / 1_000) as i64;
        let Some(seq) = self.outbox.record(sid, kind.clone(), at_ms, self.instant()) else {
            return Err(format!("{sid}: {kind:?} after the end of the call"));
        };
        self.figures.events += 1;
        self.unsynced.push((sid.to_owned(), seq));
        self.given.insert((sid.to_owned(), seq), CallEvent { seq, at_ms, kind });
        Ok(())
    }

    fn write(&mut self) {
        if self.write_at.is_none_or(|at| at > self.now) {
            return;
        }
        if self.rng.chance(self.faults / 2) {
            self.figures.disk_errors += 1;
            self.write_at = Some(self.now + 500_000);
            return;
        }
        self.write_at = None;
        match self.outbox.write(self.instant()) {
            Ok(()) => self.unsynced.clear(),
            // A full disk of the machine that simulates.
            Err(_) => self.write_at = Some(self.now + 500_000),
        }
    }

    fn deliver(&mut self) -> Result<(), String> {
        let (now, instant) = (self.now, self.instant());
        let mut index = 0;
        while index < self.flights.len() {
            if self.flights[index].at > now {
                index += 1;
                continue;
            }
            let Flight { batch, way, .. } = self.flights.swap_remove(index);
            let answer = self.crm.post(&batch, way)?;
            let random = self.rng.next();
            let wait = |failures| Backoff::default().wait(failures, random);
            let sid = batch.call_sid.clone();
            if let Some(event) = self.outbox.answered(batch, answer, wait, instant) {
                self.buried.push((sid, event.seq));
            }
        }
        let room = IN_FLIGHT - self.flights.len();
        let (batches, _) = self.outbox.take_due(room, instant).map_err(|error| error.to_string())?;
        // Once the calls are over the network mends: what is left must arrive.
        let faults = if self.lines.is_empty() && self.to_come.is_empty() { 0 } else { self.faults };
        for batch in batches {
            let way = Way::of(&mut self.rng, faults);
            let at = now + self.rng.between(500, if way == Way::Through { 80_000 } else { 10_000_000 });
            self.flights.push(Flight { at, batch, way });
        }
        if self.outbox.wants_to_write() && self.write_at.is_none() {
            self.write_at = Some(now + self.rng.between(100, 5_000));
        }
        Ok(())
    }

    /// The process dies: of what it was writing any beginning is on disk, and of what it was sending anything
    /// may have arrived. The next one starts a second later.
    fn kill(&mut self) -> Result<(), String> {
        self.kill_at = self.rng.chance(200).then(|| self.now + self.rng.between(1_500_000, 60_000_000));
        self.figures.kills += 1;
        for flight in std::mem::take(&mut self.flights) {
            if flight.way == Way::Through || self.rng.chance(500) {
                // Whoever asked is gone.
                let _ = self.crm.post(&flight.batch, flight.way)?;
            }
        }
        let tail = self.outbox.unwritten().map_err(|error| error.to_string())?;
        let torn = self.rng.between(0, tail.len() as u64) as usize;
        let whole = tail[..torn].iter().filter(|byte| **byte == b'\n').count();
        let append = |bytes: &[u8]| {
            fs::OpenOptions::new().append(true).open(self.dir.join("events.journal"))?.write_all(bytes)
        };
        append(&tail[..torn]).map_err(|error| error.to_string())?;
        // What waited for the disk: events and notes of delivery, in order. Only events have numbers to lose.
        let lines: Vec<bool> = tail.split_inclusive(|byte| *byte == b'\n').map(is_event).collect();
        let kept = lines[..whole].iter().filter(|is_event| **is_event).count();
        for key in self.unsynced.split_off(kept.min(self.unsynced.len())) {
            self.given.remove(&key);
            self.figures.unsynced += 1;
        }
        self.unsynced.clear();
        self.figures.cut_off += self.lines.len() as u64;
        self.lines.clear();
        self.write_at = None;
        self.now += 1_000_000;
        let (outbox, unfinished) = SteppedOutbox::open(self.dir, COMPACT_ABOVE, self.instant())
            .map_err(|error| error.to_string())?;
        self.outbox = outbox;
        for call in unfinished {
            let duration_ms = u64::try_from(call.last_at_ms - call.first_at_ms).unwrap_or(0);
            self.record(&call.call_sid, CallEventKind::Ended { reason: EndReason::Failed, duration_ms })?;
        }
        if self.outbox.wants_to_write() {
            self.write_at = Some(self.now + self.rng.between(100, 300_000));
        }
        Ok(())
    }

    /// The world is over: every event that was on disk is in the CRM or laid aside, once, in a whole story.
    fn reckon(&mut self) -> Result<(), String> {
        self.figures.buried = self.buried.len() as u64;
        self.figures.repeated = self.crm.repeated;
        let mut calls: BTreeMap<&str, Vec<&CallEvent>> = BTreeMap::new();
        for ((sid, _), event) in &self.given {
            calls.entry(sid).or_default().push(event);
        }
        if self.crm.calls() > calls.len() {
            return Err(format!("the CRM knows {} calls of {}", self.crm.calls(), calls.len()));
        }
        for (sid, given) in calls {
            let stored: Vec<&CallEvent> = self.crm.events(sid).collect();
            let aside = |event: &&&CallEvent| !self.buried.contains(&(sid.to_owned(), event.seq));
            let expected: Vec<&CallEvent> = given.iter().filter(aside).copied().collect();
            if stored != expected {
                return Err(format!("{sid}: stored {stored:?}, given {expected:?}"));
            }
            let begins = matches!(given[0], CallEvent { seq: 1, kind: CallEventKind::Started { .. }, .. });
            let ends: Vec<usize> = given
                .iter()
                .enumerate()
                .filter_map(|(i, event)| matches!(event.kind, CallEventKind::Ended { .. }).then_some(i))
                .collect();
            let whole = given.iter().zip(1..).all(|(event, seq)| event.seq == seq);
            if !begins || !whole || ends != [given.len() - 1] {
                return Err(format!("{sid}: no whole story: {given:?}"));
            }
        }
        Ok(())
    }
}

fn is_event(line: &[u8]) -> bool {
    line.get(18..).is_some_and(|json| json.starts_with(br#"{"event""#))
}
