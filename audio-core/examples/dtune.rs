#[path = "../tests/denoise_common/mod.rs"]
mod denoise_common;
use denoise_common::*;
use audio_core::denoise::*;
fn main() {
    let dir = std::env::args().nth(1);
    let callers = dir.filter(|d| d != "-").map_or_else(callers, |d| callers_in(std::path::Path::new(&d)).unwrap());
    let snrs: Vec<f64> = std::env::args().nth(2).unwrap_or("5,15".into()).split(',').map(|x| x.parse().unwrap()).collect();
    let mut line = String::new();
    let mut sum = [0.0; 3];
    for kind in KINDS { for &snr in &snrs {
        let found: Vec<Measured> = callers.iter().map(|c| {
            let scene = scene(c, kind, snr, 1);
            let mut cfg = DenoiseConfig::on();
            if let Ok(v) = std::env::var("DEPTH") { cfg.depth_db = v.parse().unwrap(); }
            if let Ok(v) = std::env::var("FADE") { cfg.fade_from_db = v.parse().unwrap(); cfg.bypass_from_db = cfg.fade_from_db + 10.0; }
            let mut d = Denoiser::new(cfg).unwrap();
            let mut out = scene.line.clone();
            d.process(&mut out);
            if std::env::var("V").is_ok() { eprintln!("{kind:?} {snr} measured {:?} share {}", d.snr_db(), d.share()); }
            measure(&scene, &out, DELAY)
        }).collect();
        let m = Measured::mean(&found);
        sum[0] += m.gain(); sum[1] += m.segmental; sum[2] += m.pauses;
        line += &format!("{:5.2}/{:5.2}/{:4.1} ", m.gain(), m.segmental, m.pauses);
    } }
    println!("{line} | {:.2} {:.2} {:.1}", sum[0], sum[1], sum[2]);
}
