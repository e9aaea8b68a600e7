//! Makes the sizes in a WAV file's header those of the file.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::tape::WavError;
use crate::tape::riff::Layout;

/// What [`recover_wav`] found and made of it, in frames: one sample of every channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavRecovery {
    /// What the header claimed.
    pub declared_frames: u64,
    /// What the file holds and the header says now.
    pub frames: u64,
}

/// Sets the sizes in the header by the file's length, to the last whole frame.
///
/// For recordings that were cut short, by this crate or by another: a header that claims less
/// than there is (a process killed between two checkpoints), nothing (before its first flush), or
/// more (a disk that was full, a pipe). Bytes of a frame that is not whole are cut off. A file
/// that is right is not touched, nor are chunks behind the data.
///
/// # Errors
/// A file that cannot be opened for writing, holds no header to repair, or is longer than the 4 GiB of a
/// RIFF.
pub fn recover_wav(path: impl AsRef<Path>) -> Result<WavRecovery, WavError> {
    let path = path.as_ref();
    let fail = |problem: String| WavError { path: path.to_path_buf(), problem };
    let system = |error: io::Error| fail(error.to_string());
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(system)?;
    let length = file.metadata().map_err(system)?.len();
    let layout = Layout::scan(&mut file).map_err(fail)?;
    let (channels, _, kind) = layout.format().map_err(fail)?;
    let block = u64::from(channels) * kind.width() as u64;
    if block == 0 {
        return Err(fail("has 0 channels".into()));
    }
    let data = data_bytes(&layout, length);
    let data = data - data % block;
    let end = layout.data_at + data;
    let recovery = WavRecovery { declared_frames: u64::from(layout.data_size) / block, frames: data / block };
    let whole = data == u64::from(layout.data_size) && u64::from(layout.riff_size) + 8 >= end;
    // Chunks behind the data: its end is theirs, an odd byte there may be.
    if whole || length > end + block {
        return Ok(recovery);
    }
    let riff = u32::try_from(end + data % 2 - 8)
        .map_err(|_| fail(format!("is {length} bytes long: a RIFF ends at 4 GiB")))?;
    repair(&mut file, &layout, data, block, riff).map_err(system)?;
    Ok(recovery)
}

/// Bytes of samples that are there.
fn data_bytes(layout: &Layout, length: u64) -> u64 {
    let present = length.saturating_sub(layout.data_at);
    let declared = u64::from(layout.data_size);
    let declared_end = layout.data_at + declared + declared % 2;
    // What lies behind the data is data too, unless the header says that chunks do.
    let more = length > declared_end && u64::from(layout.riff_size) + 8 <= declared_end;
    if more { present } else { present.min(declared) }
}

fn repair(file: &mut File, layout: &Layout, data: u64, block: u64, riff: u32) -> io::Result<()> {
    let mut put = |at: u64, number: u32| {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&number.to_le_bytes())
    };
    // Both fit: they are smaller than what `riff` counts.
    put(layout.data_at - 4, data as u32)?;
    if let Some(at) = layout.fact_at {
        put(at, (data / block) as u32)?;
    }
    put(4, riff)?;
    // Cut off what is no whole frame; padding comes out as the zero it must be.
    file.set_len(layout.data_at + data)?;
    file.set_len(u64::from(riff) + 8)
}
