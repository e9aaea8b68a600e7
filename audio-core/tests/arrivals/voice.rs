//! Something like talk: voiced stretches with a gliding pitch, hisses, and pauses.

use super::random::Random;

/// `seconds` of talk at 8 kHz, about −20 dBFS while it lasts, over a floor of −75 dBFS.
pub(crate) fn talk(seconds: usize, seed: u64) -> Vec<i16> {
    let mut random = Random::new("talk", seed);
    let total = seconds * 8_000;
    let mut pcm: Vec<f64> = (0..total).map(|_| 8.0 * random.normal()).collect();
    let mut at = 0;
    while at < total {
        // A phrase of five to twelve syllables, then a pause of 0.2 to 1.2 s.
        for _ in 0..4 + random.one_to(8) {
            let hiss = (random.between(0.03, 0.09) * 8_000.0) as usize;
            let vowel = (random.between(0.08, 0.22) * 8_000.0) as usize;
            add_hiss(&mut pcm, at, hiss, &mut random);
            at += hiss;
            add_vowel(&mut pcm, at, vowel, &mut random);
            at += vowel;
        }
        at += (random.between(0.2, 1.2) * 8_000.0) as usize;
    }
    pcm.iter().map(|sample| sample.round().clamp(-32_768.0, 32_767.0) as i16).collect()
}

/// Rises and falls within 15 ms at both ends.
fn edge(n: usize, len: usize) -> f64 {
    (n.min(len - n) as f64 / 120.0).min(1.0)
}

fn add_hiss(pcm: &mut [f64], at: usize, len: usize, random: &mut Random) {
    let mut before = 0.0;
    for n in 0..len {
        let noise = random.normal() * 700.0;
        if let Some(out) = pcm.get_mut(at + n) {
            *out += (noise - before) * edge(n, len);
        }
        before = noise;
    }
}

fn add_vowel(pcm: &mut [f64], at: usize, len: usize, random: &mut Random) {
    let (first, last) = (random.between(90.0, 210.0), random.between(80.0, 190.0));
    let formants = [
        (random.between(300.0, 800.0), 0.97),
        (random.between(900.0, 2_200.0), 0.95),
        (random.between(2_400.0, 3_200.0), 0.92),
    ];
    let mut state = [(0.0f64, 0.0f64); 3];
    let mut phase = 0.0f64;
    for n in 0..len {
        phase += (first + (last - first) * n as f64 / len as f64) / 8_000.0;
        let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
        phase -= phase.floor();
        let mut sum = 0.0;
        for (&(hz, decay), (y1, y2)) in formants.iter().zip(&mut state) {
            let w = std::f64::consts::TAU * hz / 8_000.0;
            let y = pulse + 2.0 * decay * w.cos() * *y1 - decay * decay * *y2;
            (*y2, *y1) = (*y1, y);
            sum += y;
        }
        if let Some(out) = pcm.get_mut(at + n) {
            *out += 2_500.0 * sum * edge(n, len);
        }
    }
}
