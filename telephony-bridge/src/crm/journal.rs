//! The journal file: append, sync, scan, rewrite.
//!
//! Only its end can be torn by a killed process; opening cuts a torn end off. A rewrite goes to
//! a second file that takes the first one's place in one step.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::record::Record;

const NAME: &str = "events.journal";
const REWRITE: &str = "events.journal.new";
const DEAD_LETTERS: &str = "dead-letters.jsonl";

/// Where a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) offset: u64,
    pub(super) len: u32,
}

/// The file, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    dir: PathBuf,
    file: File,
    len: u64,
    /// Length after the last rewrite.
    rewritten_len: u64,
}

/// What a scan found besides records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ScanReport {
    /// Damaged lines before the last whole one.
    pub(super) damaged: u64,
    /// Bytes after the last whole line, cut off.
    pub(super) torn_bytes: u64,
}

impl Journal {
    /// Opens or creates the journal in `dir` and shows every record to `visit`, in order.
    pub(super) fn open(
        dir: &Path,
        mut visit: impl FnMut(Record, Location),
    ) -> io::Result<(Self, ScanReport)> {
        let file = reader(dir)?;
        sync_dir(dir)?;
        let mut report = ScanReport::default();
        let (mut offset, mut whole, mut damaged) = (0_u64, 0_u64, 0);
        let mut input = BufReader::new(reader(dir)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            if input.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let location = Location { offset, len: line.len() as u32 };
            offset += line.len() as u64;
            match Record::decode(&line) {
                Some(record) => {
                    whole = offset;
                    report.damaged += std::mem::take(&mut damaged);
                    visit(record, location);
                }
                None => damaged += 1,
            }
        }
        if whole < offset {
            report.torn_bytes = offset - whole;
            file.set_len(whole)?;
            file.sync_all()?;
        }
        Ok((Self { dir: dir.to_owned(), file, len: whole, rewritten_len: 0 }, report))
    }

    /// Length in bytes.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Has it doubled since the last rewrite? Rewriting is worth it only then, whatever it holds.
    pub(super) const fn has_doubled(&self) -> bool {
        self.len >= 2 * self.rewritten_len
    }

    /// A second handle, for [`read_lines`].
    pub(super) fn reader(&self) -> io::Result<File> {
        reader(&self.dir)
    }

    /// Appends whole lines and waits until they are on disk. Returns the offset of the first.
    ///
    /// On error the file is as before: a half-written line is cut off again.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<u64> {
        // A failure before may have left a tail behind.
        if self.file.metadata()?.len() != self.len {
            self.file.set_len(self.len)?;
        }
        self.file.write_all(lines)?;
        self.file.sync_data()?;
        let offset = self.len;
        self.len += lines.len() as u64;
        Ok(offset)
    }

    /// Replaces the file: first `head`, then the lines at `keep`, in that order. Returns the new
    /// offsets of the kept lines, and a handle to read them. On error the old file is still in place
    /// and in use: nothing can fail after the new one has taken its name.
    pub(super) fn rewrite(&mut self, head: &[u8], keep: &[Location]) -> io::Result<(Vec<u64>, File)> {
        let path = self.dir.join(REWRITE);
        let mut new = BufWriter::new(File::create(&path)?);
        new.write_all(head)?;
        let mut old = BufReader::new(self.reader()?);
        let mut offsets = Vec::with_capacity(keep.len());
        let mut len = head.len() as u64;
        for location in keep {
            old.seek(SeekFrom::Start(location.offset))?;
            offsets.push(len);
            len += io::copy(&mut (&mut old).take(location.len.into()), &mut new)?;
        }
        let new = new.into_inner().map_err(io::IntoInnerError::into_error)?;
        new.sync_all()?;
        drop(new);
        let (file, reader) = (open_append(&path)?, open_append(&path)?);
        std::fs::rename(&path, self.dir.join(NAME))?;
        self.file = file;
        self.len = len;
        self.rewritten_len = len;
        if let Err(error) = sync_dir(&self.dir) {
            // A power cut may bring the old file back; its events are sent again and known by number.
            tracing::warn!(%error, "the outbox folder cannot be synced");
        }
        Ok((offsets, reader))
    }

    /// Appends a line to the file of refused events and waits until it is on disk.
    pub(super) fn bury(&self, letter: &impl serde::Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(letter)?;
        line.push(b'\n');
        let path = self.dir.join(DEAD_LETTERS);
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(&line)?;
        file.sync_all()?;
        sync_dir(&self.dir)
    }
}

/// The records at these places; `None` for one that has been damaged since.
pub(super) fn read_lines(file: &mut File, places: &[Location]) -> io::Result<Vec<Option<Record>>> {
    let mut line = Vec::new();
    places
        .iter()
        .map(|place| {
            file.seek(SeekFrom::Start(place.offset))?;
            line.resize(place.len as usize, 0);
            file.read_exact(&mut line)?;
            Ok(Record::decode(&line))
        })
        .collect()
}

/// A handle for [`read_lines`] on the journal in `dir`, which is created if need be.
pub(super) fn reader(dir: &Path) -> io::Result<File> {
    open_append(&dir.join(NAME))
}

fn open_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).read(true).append(true).open(path)
}

/// Makes names in a folder durable, where the platform lets a folder be opened.
fn sync_dir(dir: &Path) -> io::Result<()> {
    match File::open(dir) {
        Ok(dir) => dir.sync_all(),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(up_to: u64) -> Record {
        Record::Done { call_sid: "CA1".into(), up_to }
    }

    fn lines(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
        let mut out = Vec::new();
        for number in numbers {
            done(number).encode(&mut out).expect("JSON");
        }
        out
    }

    fn open(dir: &Path) -> (Journal, Vec<Record>, ScanReport) {
        let mut records = Vec::new();
        let (journal, report) = Journal::open(dir, |record, _| records.push(record)).expect("opens");
        (journal, records, report)
    }

    /// A-TEL-013: killed at any byte of an append, the journal holds what was whole.
    #[test]
    fn a_torn_end_is_cut_off_at_any_byte() {
        let folder = tempfile::tempdir().expect("a folder");
        let all = lines(1..=3);
        let line = all.len() / 3;
        for cut in 0..=all.len() {
            std::fs::write(folder.path().join(NAME), &all[..cut]).expect("written");
            let (mut journal, records, report) = open(folder.path());
            let whole = cut / line;
            assert_eq!(records, (1..=whole as u64).map(done).collect::<Vec<_>>());
            assert_eq!(report, ScanReport { damaged: 0, torn_bytes: (cut % line) as u64 });
            journal.append(&lines([9])).expect("appends");
            assert_eq!(open(folder.path()).1.last(), Some(&done(9)));
        }
    }

    #[test]
    fn a_damaged_line_costs_itself_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut all = lines(1..=3);
        let middle = all.len() / 2;
        all[middle] ^= 1;
        std::fs::write(folder.path().join(NAME), &all).expect("written");
        let (_, records, report) = open(folder.path());
        assert_eq!(records, [done(1), done(3)]);
        assert_eq!(report, ScanReport { damaged: 1, torn_bytes: 0 });
    }

    #[test]
    fn a_rewrite_keeps_what_was_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut journal, _, _) = open(folder.path());
        journal.append(&lines(1..=3)).expect("appends");
        let mut places = Vec::new();
        Journal::open(folder.path(), |_, place| places.push(place)).expect("opens");
        let (offsets, _) = journal.rewrite(&lines([7]), &places[2..]).expect("rewrites");
        journal.append(&lines([8])).expect("appends");
        assert_eq!(open(folder.path()).1, [done(7), done(3), done(8)]);
        let place = Location { offset: offsets[0], len: places[2].len };
        let mut reader = journal.reader().expect("opens");
        assert_eq!(read_lines(&mut reader, &[place]).expect("reads"), [Some(done(3))]);
    }

    #[test]
    fn a_half_done_rewrite_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(NAME), lines(1..=2)).expect("written");
        std::fs::write(folder.path().join(REWRITE), &lines(1..=2)[..9]).expect("written");
        assert_eq!(open(folder.path()).1, [done(1), done(2)]);
    }
}
