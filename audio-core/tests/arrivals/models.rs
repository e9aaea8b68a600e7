//! Twelve models of how 20 ms frames arrive: eight of RTP over UDP, four of media streams over a
//! WebSocket on TCP, where frames stay in order, stall together and come in a burst.

use std::error::Error;
use std::path::Path;

use super::random::Random;

/// Frames in a trace: 300 s.
const FRAMES: usize = 15_000;

/// One frame on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// Media time of the first sample at 8 kHz.
    pub(crate) timestamp: u32,
    /// End of the frame's capture on the receiver's clock.
    pub(crate) send_us: f64,
    /// `None`: never.
    pub(crate) arrival_us: Option<f64>,
}

/// A TCP stream.
#[derive(Clone, Copy, Default)]
struct Tcp {
    jitter_ms: f64,
    stalls_per_s: f64,
    /// Shortest and longest stall; in between they are Pareto with this shape.
    stall_ms: (f64, f64),
    stall_shape: f64,
    /// Probability that frames begin to be held back, and how many at most.
    coalesce: f64,
    coalesce_frames: u64,
    /// What waited longer than this in a stall is thrown away by the sender.
    discard_ms: Option<f64>,
    ppm: f64,
}

/// An RTP stream: gamma-distributed jitter.
#[derive(Clone, Copy, Default)]
struct Rtp {
    shape: f64,
    mean_ms: f64,
    /// Correlation of the jitter from frame to frame.
    correlation: f64,
    loss: f64,
    /// Gilbert's model: probabilities of going bad and good again, per frame.
    burst_loss: Option<(f64, f64)>,
    spikes_per_s: f64,
    /// Frames leave in groups this far apart.
    group_ms: Option<f64>,
    /// The path becomes longer half way.
    route_ms: f64,
    ppm: f64,
}

#[derive(Clone, Copy)]
enum Model {
    Tcp(Tcp),
    Rtp(Rtp),
}

/// The names of the models, as in the tables.
pub(crate) const NAMES: [&str; 12] = [
    "rtp_drift",
    "rtp_gamma10",
    "rtp_gamma30",
    "rtp_ge10",
    "rtp_ge3",
    "rtp_lan",
    "rtp_spike",
    "rtp_wifi",
    "tms_clean",
    "tms_coalesce",
    "tms_heavy",
    "tms_stall",
];

/// The trace of a model with this seed.
///
/// # Panics
///
/// If there is no such model.
pub(crate) fn generate(name: &str, seed: u64) -> Vec<Arrival> {
    let rtp = Rtp { shape: 2.0, ..Rtp::default() };
    let model = match name {
        "rtp_drift" => Model::Rtp(Rtp { mean_ms: 10.0, loss: 0.005, ppm: 200.0, route_ms: 60.0, ..rtp }),
        "rtp_gamma10" => Model::Rtp(Rtp { mean_ms: 10.0, loss: 0.01, ..rtp }),
        "rtp_gamma30" => Model::Rtp(Rtp { shape: 1.5, mean_ms: 30.0, loss: 0.02, correlation: 0.3, ..rtp }),
        "rtp_ge10" => Model::Rtp(Rtp { mean_ms: 12.0, burst_loss: Some((0.028, 0.25)), ..rtp }),
        "rtp_ge3" => Model::Rtp(Rtp { mean_ms: 8.0, burst_loss: Some((0.01, 0.32)), ..rtp }),
        "rtp_lan" => Model::Rtp(Rtp { mean_ms: 2.0, loss: 0.001, ..rtp }),
        "rtp_spike" => Model::Rtp(Rtp { mean_ms: 5.0, loss: 0.005, spikes_per_s: 0.1, ..rtp }),
        "rtp_wifi" => Model::Rtp(Rtp { mean_ms: 4.0, loss: 0.005, group_ms: Some(60.0), ..rtp }),
        "tms_clean" => Model::Tcp(Tcp { jitter_ms: 1.0, ..Tcp::default() }),
        "tms_coalesce" => {
            Model::Tcp(Tcp { jitter_ms: 2.0, coalesce: 0.03, coalesce_frames: 4, ..Tcp::default() })
        }
        "tms_heavy" => Model::Tcp(Tcp {
            jitter_ms: 5.0,
            stalls_per_s: 0.15,
            stall_ms: (150.0, 2_000.0),
            stall_shape: 0.9,
            coalesce: 0.03,
            coalesce_frames: 5,
            discard_ms: Some(1_000.0),
            ppm: 80.0,
        }),
        "tms_stall" => Model::Tcp(Tcp {
            jitter_ms: 3.0,
            stalls_per_s: 0.1,
            stall_ms: (60.0, 500.0),
            stall_shape: 0.6,
            coalesce: 0.01,
            coalesce_frames: 3,
            ..Tcp::default()
        }),
        _ => panic!("no model {name}"),
    };
    let mut random = Random::new(name, seed);
    match model {
        Model::Tcp(tcp) => tcp.generate(&mut random),
        Model::Rtp(rtp) => rtp.generate(&mut random),
    }
}

/// A trace from CSV: sequence number, timestamp, end of capture and arrival in µs; −1 is never.
fn parse(csv: &str) -> Result<Vec<Arrival>, String> {
    let line = |line: &str| {
        let fields: Vec<f64> = line.split(',').filter_map(|field| field.trim().parse().ok()).collect();
        let [_, timestamp, send_us, arrival] = fields[..] else {
            return Err(format!("not `seq,ts,send_us,arrival_us`: {line:?}"));
        };
        let arrival_us = (arrival >= 0.0).then_some(arrival);
        Ok(Arrival { timestamp: timestamp as u32, send_us, arrival_us })
    };
    csv.lines().map(line).collect()
}

/// The trace of a model with this seed: generated, or `MODEL.SEED.csv` in this folder.
pub(crate) fn load(name: &str, seed: u64, csv: Option<&Path>) -> Result<Vec<Arrival>, Box<dyn Error>> {
    let Some(folder) = csv else { return Ok(generate(name, seed)) };
    let file = folder.join(format!("{name}.{seed}.csv"));
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(parse(&text)?)
}

/// Least network delay without jitter.
const PATH_US: f64 = 30e3;
const FRAME_US: f64 = 20e3;

fn captured(n: usize, ppm: f64) -> f64 {
    (n + 1) as f64 * FRAME_US * (1.0 + ppm * 1e-6)
}

impl Tcp {
    fn generate(self, random: &mut Random) -> Vec<Arrival> {
        let until_stall = |random: &mut Random| {
            if self.stalls_per_s > 0.0 { random.exponential() / self.stalls_per_s * 1e6 } else { f64::MAX }
        };
        let mut next_stall = until_stall(random);
        let (mut stalled_until, mut last) = (0.0f64, 0.0f64);
        let (mut holding, mut held_until) = (0u64, 0.0f64);
        let mut trace = Vec::with_capacity(FRAMES);
        for n in 0..FRAMES {
            let send_us = captured(n, self.ppm);
            let mut at = send_us + PATH_US + (random.normal() * self.jitter_ms * 1e3).abs();
            if send_us >= next_stall {
                let (shortest, longest) = self.stall_ms;
                let length = (shortest * (random.exponential() * self.stall_shape).exp()).min(longest) * 1e3;
                stalled_until = stalled_until.max(send_us + length);
                next_stall = send_us + length + until_stall(random);
            }
            if holding > 0 {
                holding -= 1;
            } else if random.uniform() < self.coalesce {
                holding = random.one_to(self.coalesce_frames);
                held_until = send_us + holding as f64 * FRAME_US + PATH_US;
            }
            if holding > 0 {
                at = at.max(held_until);
            }
            let mut lost = false;
            if send_us < stalled_until {
                at = at.max(stalled_until + PATH_US + random.between(0.0, 2e3));
                lost = self.discard_ms.is_some_and(|limit| stalled_until - send_us > limit * 1e3);
            }
            at = at.max(last);
            if !lost {
                last = at;
            }
            trace.push(Arrival { timestamp: n as u32 * 160, send_us, arrival_us: (!lost).then_some(at) });
        }
        trace
    }
}

impl Rtp {
    fn generate(self, random: &mut Random) -> Vec<Arrival> {
        let (mut bad, mut jitter, mut spike, mut path) = (false, 0.0, 0.0f64, PATH_US);
        let mut trace = Vec::with_capacity(FRAMES);
        for n in 0..FRAMES {
            let send_us = captured(n, self.ppm);
            let fresh = random.gamma(self.shape) * self.mean_ms / self.shape * 1e3;
            jitter = self.correlation * jitter + (1.0 - self.correlation) * fresh;
            if random.uniform() < self.spikes_per_s * 0.02 {
                spike = spike.max(random.between(100e3, 400e3));
            }
            let mut at = send_us + path + jitter + spike;
            spike = (spike - FRAME_US).max(0.0);
            if let Some(group) = self.group_ms {
                at = (at / (group * 1e3)).ceil() * group * 1e3 + random.between(0.0, 500.0);
            }
            if n == FRAMES / 2 {
                path += self.route_ms * 1e3;
            }
            let lost = if let Some((worse, better)) = self.burst_loss {
                bad = if bad { random.uniform() >= better } else { random.uniform() < worse };
                bad
            } else {
                random.uniform() < self.loss
            };
            trace.push(Arrival { timestamp: n as u32 * 160, send_us, arrival_us: (!lost).then_some(at) });
        }
        trace
    }
}
