//! One call on an audio thread: its chain between its rings.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use super::config::{
    AGENT_IN_FRAMES, CLEAN_FRAMES, COMMANDS, EVENTS, EngineConfig, WIRE_IN_FRAMES, WIRE_OUT_FRAMES,
};
use super::link::{Link, Ticks};
use super::pacer::Pacer;
use super::ring::{Rx, Tx, ring};
use super::stats::{Counter, Tally};
use super::{Chain, Generation, Latch};
use crate::barge_in::BargeInConfig;
use crate::frame::{CleanFrame, WireFrame};
use crate::pipeline::PipelineEvent;

/// Polls per frame after which a chain that always has more is left alone until the next one.
const POLLS: usize = 64;

/// What a handle asks of the chain, besides sound.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// New barge-in rules.
    BargeIn(BargeInConfig),
    /// The caller's words were a backchannel.
    Acquit,
    /// No words followed the last interruption.
    FalseAlarm,
}

/// The handle's ends of a call's rings.
pub(crate) struct Ends {
    pub(crate) link: Arc<Link>,
    pub(crate) wire_in: Tx<WireFrame>,
    pub(crate) agent_in: Tx<WireFrame>,
    pub(crate) commands: Tx<Command>,
    pub(crate) wire_out: Rx<WireFrame>,
    pub(crate) clean: Rx<CleanFrame>,
    pub(crate) events: Rx<PipelineEvent>,
}

/// How deep the wire's backlog may grow, from the engine's settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watermarks {
    pub(crate) high: usize,
    pub(crate) low: usize,
}

/// The worker's side of a call. Built and dropped on the control side only.
pub(crate) struct Call<C: Chain> {
    pub(crate) chain: Box<C>,
    pub(crate) config: C::Config,
    /// What the chain panicked with, kept for the control side to drop.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    pub(crate) link: Arc<Link>,
    generation: u32,
    ducks_buffered: bool,
    pacer: Pacer,
    wire_in: Rx<WireFrame>,
    agent_in: Rx<WireFrame>,
    commands: Rx<Command>,
    wire_out: Tx<WireFrame>,
    clean: Tx<CleanFrame>,
    events: Tx<PipelineEvent>,
}

impl<C: Chain> Call<C> {
    /// A call and the other ends of its rings. Every allocation of the call happens here.
    pub(crate) fn new(chain: Box<C>, config: C::Config, engine: &EngineConfig) -> (Box<Self>, Ends) {
        let link = Arc::new(Link {
            generation: Generation::new(),
            hung_up: Latch::new(),
            failed: Latch::new(),
            tally: Tally::default(),
            news: Ticks::new(),
        });
        let (wire_in_tx, wire_in) = ring(WIRE_IN_FRAMES);
        let (agent_in_tx, agent_in) = ring(AGENT_IN_FRAMES);
        let (commands_tx, commands) = ring(COMMANDS);
        let (wire_out, wire_out_rx) = ring(WIRE_OUT_FRAMES);
        let (clean, clean_rx) = ring(CLEAN_FRAMES);
        let (events, events_rx) = ring(EVENTS);
        let ends = Ends {
            link: Arc::clone(&link),
            wire_in: wire_in_tx,
            agent_in: agent_in_tx,
            commands: commands_tx,
            wire_out: wire_out_rx,
            clean: clean_rx,
            events: events_rx,
        };
        let call = Self {
            chain,
            config,
            panic: None,
            link,
            generation: 0,
            ducks_buffered: engine.duck_what_is_buffered,
            pacer: Pacer::new(engine.playout_lead_frames),
            wire_in,
            agent_in,
            commands,
            wire_out,
            clean,
            events,
        };
        (Box::new(call), ends)
    }

    /// This call is next: what its chain remembers is fetched if there is something for it to do.
    pub(crate) fn prepare(&self) {
        if self.panic.is_none() && !self.link.hung_up.is_closed() && self.wire_in.occupied() > 0 {
            self.chain.fetch();
        }
    }

    /// Its chain panicked. What that leaves half done is never looked at again: the chain is dropped, not reused, on the
    /// control side (A-TEL-014).
    pub(crate) fn fail(&mut self, panic: Box<dyn Any + Send>) {
        self.panic = Some(panic);
        self.link.failed.close();
    }

    /// One tick of this call: what came from the wire, then, if `on_phase` or if the agent begins
    /// to speak, what goes out.
    pub(crate) fn serve(&mut self, now: Duration, on_phase: bool, water: Watermarks, sum: &Tally) {
        let before = self.link.tally.moved();
        self.uplink(now, water, sum);
        self.drop_flushed(sum);
        let begins = self.pacer.is_dry(now) && self.agent_in.occupied() > 0;
        if on_phase || begins {
            match self.commands.pop() {
                Some(Command::BargeIn(config)) => self.chain.set_barge_in(config),
                Some(Command::Acquit) => self.chain.acquit(),
                Some(Command::FalseAlarm) => self.chain.false_alarm(),
                None => {}
            }
            self.playout(now, sum);
        }
        if self.link.tally.moved() != before {
            self.link.news.count();
        }
    }

    fn uplink(&mut self, now: Duration, water: Watermarks, sum: &Tally) {
        let mut waiting = self.wire_in.occupied();
        if waiting > water.high {
            // Drop-oldest, on the only side of an SPSC ring that can. The chain sees the gap in
            // the frame numbers (A-TEL-015).
            let skipped = self.wire_in.skip(waiting - water.low) as u64;
            count(&self.link.tally.uplink_skipped, &sum.uplink_skipped, skipped);
            waiting = water.low;
        }
        for _ in 0..waiting {
            let Some(frame) = self.wire_in.pop() else { break };
            self.chain.push_wire(&frame);
            if self.collect(sum) && self.ducks_buffered {
                self.send_again(now, sum);
            }
        }
        count(&self.link.tally.frames_in, &sum.frames_in, waiting as u64);
    }

    /// The agent was turned down: so is what the far side has yet to play. A flush that has not
    /// come here yet voids these frames as it does all others.
    fn send_again(&mut self, now: Duration, sum: &Tally) {
        let most = self.pacer.held(now).min(self.wire_out.vacant());
        let (out, link) = (&mut self.wire_out, &self.link);
        let frames = self.chain.send_again(most, |frame| match out.push(frame) {
            Ok(()) => count(&link.tally.frames_out, &sum.frames_out, 1),
            Err(_) => count(&link.tally.wire_lost, &sum.wire_lost, 1),
        });
        if frames > 0 {
            self.pacer.replaced(now, frames);
        }
    }

    /// What the chain has to say after a frame; a full ring loses the newest, counted. Was the agent
    /// turned down, and not up again?
    fn collect(&mut self, sum: &Tally) -> bool {
        let mut ducked = false;
        for _ in 0..POLLS {
            let Some(event) = self.chain.poll_event() else { break };
            match event {
                PipelineEvent::Duck { .. } => ducked = true,
                PipelineEvent::Resume { .. } | PipelineEvent::BargeIn { .. } => ducked = false,
                _ => {}
            }
            if self.events.push(event).is_err() {
                count(&self.link.tally.events_lost, &sum.events_lost, 1);
            }
        }
        for _ in 0..POLLS {
            let Some(clean) = self.chain.poll_clean() else { break };
            if self.clean.push(clean).is_err() {
                count(&self.link.tally.clean_lost, &sum.clean_lost, 1);
            }
        }
        ducked
    }

    /// Takes notice of a flush: the chain and the pacer forget what they held.
    fn fence(&mut self) {
        let generation = self.link.generation.current();
        if generation != self.generation {
            self.generation = generation;
            self.chain.flush(generation);
            self.pacer.flushed();
        }
    }

    /// Drops the agent frames that a flush has overtaken, at most a ring of them.
    fn drop_flushed(&mut self, sum: &Tally) {
        self.fence();
        let mut void = 0;
        for _ in 0..self.agent_in.occupied() {
            match self.agent_in.peek() {
                Some(frame) if frame.generation < self.generation => void += self.agent_in.skip(1),
                _ => break,
            }
        }
        count(&self.link.tally.agent_flushed, &sum.agent_flushed, void as u64);
    }

    /// Releases the frames that are due; without any, tells the chain that the agent is silent,
    /// but not before the far side has played what it holds.
    fn playout(&mut self, now: Duration, sum: &Tally) {
        let mut released = false;
        for _ in 0..AGENT_IN_FRAMES {
            if !self.pacer.is_due(now) || self.agent_in.occupied() == 0 {
                break;
            }
            if self.wire_out.vacant() == 0 {
                count(&self.link.tally.playout_held, &sum.playout_held, 1);
                return;
            }
            let Some(frame) = self.agent_in.pop() else { break };
            // After the pop: whoever pushed this frame had seen every flush up to its generation,
            // and now so have we.
            self.fence();
            let sent = match frame.generation < self.generation {
                true => None,
                false => self.chain.process_agent(Some(&frame)),
            };
            if let Some(frame) = sent {
                self.send(frame, sum);
                self.pacer.released(now);
                released = true;
            } else {
                count(&self.link.tally.agent_flushed, &sum.agent_flushed, 1);
            }
        }
        if !released
            && self.pacer.is_dry(now)
            && let Some(frame) = self.chain.process_agent(None)
        {
            self.send(frame, sum);
        }
    }

    fn send(&mut self, frame: WireFrame, sum: &Tally) {
        match self.wire_out.push(frame) {
            Ok(()) => count(&self.link.tally.frames_out, &sum.frames_out, 1),
            Err(_) => count(&self.link.tally.wire_lost, &sum.wire_lost, 1),
        }
    }
}

/// Counts for the call and for the worker.
fn count(call: &Counter, sum: &Counter, n: u64) {
    call.add(n);
    sum.add(n);
}
