//! Runs this very program under callgrind and reads what it counted.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::FRAMES;

/// Callgrind starts and stops counting, and writes a part file, around each call of this function.
const MEASURED: &str = "instructions::stages::measured";
/// glibc (2.33 and later) takes the baseline of its string and mathematical functions everywhere.
const BASELINE: &str = "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX_Fast_Unaligned_Load,-FMA,-FMA4,\
    -ERMS,-FSRM,-SSSE3,-SSE4_1,-SSE4_2";

/// The processor's features as the program saw them, and each stage with its instructions a frame.
pub(crate) fn count(filter: &str) -> Result<(String, Vec<(String, u64)>), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = Folder::new()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--combine-dumps=no"])
        .arg(format!("--toggle-collect={MEASURED}"))
        .arg(format!("--dump-after={MEASURED}"))
        .arg(format!("--callgrind-out-file={}", folder.0.join("out").display()))
        .arg(program)
        .args(["stages", filter])
        // The environment lies on the stack and would shift it.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GLIBC_TUNABLES", BASELINE)
        .output()
        .map_err(|error| format!("valgrind does not start ({error}): apt install valgrind"))?;
    if !output.status.success() {
        return Err(format!("valgrind failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut lines = printed.lines();
    let cpu = lines.next().unwrap_or_default().to_owned();
    let stages = lines
        .enumerate()
        .map(|(index, name)| {
            let part = folder.0.join(format!("out.{}", index + 1));
            Ok((name.to_owned(), total(&part)? / u64::from(FRAMES)))
        })
        .collect::<Result<Vec<_>, String>>()?;
    match stages.iter().find(|(_, count)| *count == 0) {
        Some((name, _)) => Err(format!("{name}: nothing counted; does callgrind see {MEASURED}?")),
        None => Ok((cpu, stages)),
    }
}

/// The sum over a part file.
fn total(part: &Path) -> Result<u64, String> {
    let text = std::fs::read_to_string(part).map_err(|error| format!("{}: {error}", part.display()))?;
    text.lines()
        .find_map(|line| line.strip_prefix("totals: "))
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| format!("{}: no totals", part.display()))
}

/// A folder of our own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("instructions.{}", std::process::id()));
        std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in a temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
