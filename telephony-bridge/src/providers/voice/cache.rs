//! Sentences that were said before: in memory, and on disk, where they survive a restart.
//!
//! Content-addressed: the key is a hash of the voice's identity and the words. Both parts are bounded, the
//! least recently used goes first. A file is written beside its place and moved there, and carries its own
//! checksum: what a crash or a bad disk left behind is never heard.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::providers::net::numbers;

/// First bytes of a file.
const MAGIC: &[u8; 8] = b"kavtts1\n";
const HEADER: usize = MAGIC.len() + 32;
const EXTENSION: &str = "ulaw";
/// Keeps an index of millions of empty files from growing.
const MAX_FILES: usize = 100_000;

/// How much is kept, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheLimits {
    /// In memory.
    pub memory: usize,
    /// On disk.
    pub disk: u64,
}

/// The folder of a cache cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("speech cache {path}: {source}")]
pub struct CacheError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// What a sentence in a voice is kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// Of `text` in the voice `identity`.
    pub fn of(identity: &str, text: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update((identity.len() as u64).to_le_bytes());
        hash.update(identity);
        hash.update(text);
        Self(hash.finalize().into())
    }

    fn name(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn parse(name: &str) -> Option<Self> {
        if name.len() != 64 || !name.is_ascii() {
            return None;
        }
        let mut key = [0; 32];
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(name.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(key))
    }
}

/// Things by key, the least recently used of them first to go.
struct Recent<T> {
    items: HashMap<CacheKey, (T, u64)>,
    clock: u64,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { items: HashMap::new(), clock: 0 }
    }
}

impl<T> Recent<T> {
    fn get(&mut self, key: &CacheKey) -> Option<&T> {
        self.clock += 1;
        let (item, used) = self.items.get_mut(key)?;
        *used = self.clock;
        Some(item)
    }

    fn insert(&mut self, key: CacheKey, item: T) -> Option<T> {
        self.clock += 1;
        self.items.insert(key, (item, self.clock)).map(|(old, _)| old)
    }

    fn pop_oldest(&mut self) -> Option<(CacheKey, T)> {
        let key = *self.items.iter().min_by_key(|(_, (_, used))| *used)?.0;
        self.items.remove(&key).map(|(item, _)| (key, item))
    }
}

#[derive(Default)]
struct Memory {
    recent: Recent<Arc<[u8]>>,
    bytes: usize,
}

struct Disk {
    dir: PathBuf,
    /// Length of each file.
    index: Recent<u64>,
    bytes: u64,
}

/// A cache of speech. Shared by all calls.
pub struct Cache {
    limits: CacheLimits,
    memory: Mutex<Memory>,
    disk: Option<Arc<Mutex<Disk>>>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("limits", &self.limits).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cache {
    /// A cache in memory alone.
    pub fn in_memory(limits: CacheLimits) -> Self {
        Self { limits, memory: Mutex::default(), disk: None }
    }

    /// A cache that keeps its files in `dir`, and finds there what an earlier process kept.
    ///
    /// # Errors
    /// [`CacheError`] where the folder cannot be made or read.
    pub fn open(dir: &Path, limits: CacheLimits) -> Result<Self, CacheError> {
        let mut disk = Disk::open(dir).map_err(|source| CacheError { path: dir.to_owned(), source })?;
        disk.shrink(limits.disk);
        Ok(Self { limits, memory: Mutex::default(), disk: Some(Arc::new(Mutex::new(disk))) })
    }

    /// What is in memory.
    pub fn ready(&self, key: &CacheKey) -> Option<Arc<[u8]>> {
        let found = lock(&self.memory).recent.get(key).cloned();
        if found.is_some() {
            metrics::counter!(numbers::CACHE_HITS, "from" => "memory").increment(1);
        }
        found
    }

    /// What there is, from disk too.
    pub async fn get(&self, key: CacheKey) -> Option<Arc<[u8]>> {
        if let Some(found) = self.ready(&key) {
            return Some(found);
        }
        let disk = Arc::clone(self.disk.as_ref()?);
        if lock(&disk).index.get(&key).is_none() {
            return None;
        }
        let found = tokio::task::spawn_blocking(move || read(&disk, key)).await.ok()??;
        metrics::counter!(numbers::CACHE_HITS, "from" => "disk").increment(1);
        self.remember(key, Arc::clone(&found));
        Some(found)
    }

    /// Keeps a sentence.
    pub async fn put(&self, key: CacheKey, codes: Vec<u8>) {
        let codes: Arc<[u8]> = codes.into();
        self.remember(key, Arc::clone(&codes));
        let Some(disk) = self.disk.clone() else { return };
        let limit = self.limits.disk;
        let written = tokio::task::spawn_blocking(move || write(&disk, key, &codes, limit)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "a sentence is not kept");
        }
    }

    fn remember(&self, key: CacheKey, codes: Arc<[u8]>) {
        if codes.len() > self.limits.memory {
            return;
        }
        let mut memory = lock(&self.memory);
        memory.bytes += codes.len();
        if let Some(old) = memory.recent.insert(key, codes) {
            memory.bytes -= old.len();
        }
        while memory.bytes > self.limits.memory
            && let Some((_, old)) = memory.recent.pop_oldest()
        {
            memory.bytes -= old.len();
        }
    }
}

impl Disk {
    fn open(dir: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let mut found = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let path = entry.path();
            let stem = path.file_stem().and_then(|name| name.to_str()).and_then(CacheKey::parse);
            match (stem, path.extension().and_then(|ext| ext.to_str())) {
                (Some(key), Some(EXTENSION)) => {
                    let data = entry.metadata()?;
                    found.push((data.modified()?, key, data.len()));
                }
                // A process that ended while it wrote.
                (_, Some("new")) => drop(std::fs::remove_file(&path)),
                _ => {}
            }
        }
        found.sort_by_key(|(time, ..)| *time);
        let mut disk = Self { dir: dir.to_owned(), index: Recent::default(), bytes: 0 };
        for (_, key, length) in found {
            disk.bytes += length;
            disk.index.insert(key, length);
        }
        Ok(disk)
    }

    fn path(&self, key: &CacheKey) -> PathBuf {
        self.dir.join(key.name()).with_extension(EXTENSION)
    }

    fn forget(&mut self, key: &CacheKey) {
        if let Some((length, _)) = self.index.items.remove(key) {
            self.bytes -= length;
        }
    }

    fn shrink(&mut self, limit: u64) {
        while (self.bytes > limit || self.index.items.len() > MAX_FILES)
            && let Some((key, length)) = self.index.pop_oldest()
        {
            self.bytes -= length;
            // A file that cannot be removed is found again at the next start.
            let _ = std::fs::remove_file(self.path(&key));
        }
    }
}

/// Reads a file; one that is not what was written is removed.
fn read(disk: &Mutex<Disk>, key: CacheKey) -> Option<Arc<[u8]>> {
    let path = lock(disk).path(&key);
    let codes = std::fs::read(&path).ok().and_then(|file| {
        let (head, codes) = file.split_at_checked(HEADER)?;
        let sound = head.starts_with(MAGIC) && head[MAGIC.len()..] == *Sha256::digest(codes);
        sound.then(|| Arc::from(codes))
    });
    if codes.is_none() {
        tracing::warn!(path = %path.display(), "a damaged file of the speech cache is removed");
        let _ = std::fs::remove_file(&path);
        lock(disk).forget(&key);
    }
    codes
}

fn write(disk: &Mutex<Disk>, key: CacheKey, codes: &[u8], limit: u64) -> std::io::Result<()> {
    let path = lock(disk).path(&key);
    let beside = path.with_extension(format!("{}.new", uuid::Uuid::new_v4().simple()));
    let file = [MAGIC, &Sha256::digest(codes)[..], codes].concat();
    std::fs::write(&beside, &file).and_then(|()| std::fs::rename(&beside, &path)).inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })?;
    let mut disk = lock(disk);
    disk.bytes += file.len() as u64;
    if let Some(old) = disk.index.insert(key, file.len() as u64) {
        disk.bytes -= old;
    }
    disk.shrink(limit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: CacheLimits = CacheLimits { memory: 1_000, disk: 2_000 };

    fn key(text: &str) -> CacheKey {
        CacheKey::of("voice", text)
    }

    fn files(dir: &Path) -> usize {
        std::fs::read_dir(dir).expect("a folder").count()
    }

    /// A-AUD-014: what was said once is there after a restart, and belongs to its voice.
    #[tokio::test]
    async fn it_survives_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(folder.path(), LIMITS).expect("open");
        cache.put(key("a"), vec![7; 300]).await;
        assert_eq!(cache.ready(&key("a")).as_deref(), Some(&[7; 300][..]));
        drop(cache);
        std::fs::write(folder.path().join("x.new"), "left behind").expect("written");
        let cache = Cache::open(folder.path(), LIMITS).expect("open");
        assert_eq!(files(folder.path()), 1, "half a file is removed");
        assert_eq!(cache.ready(&key("a")), None);
        assert_eq!(cache.get(key("a")).await.as_deref(), Some(&[7; 300][..]));
        assert!(cache.ready(&key("a")).is_some(), "now it is in memory");
        assert_eq!(cache.get(CacheKey::of("another", "a")).await, None);
        assert_ne!(CacheKey::of("ab", "c"), CacheKey::of("a", "bc"));
    }

    #[tokio::test]
    async fn it_is_bounded_and_forgets_what_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(folder.path(), LIMITS).expect("open");
        for text in ["a", "b", "c"] {
            cache.put(key(text), vec![1; 300]).await;
        }
        assert!(cache.ready(&key("a")).is_some());
        cache.put(key("d"), vec![1; 300]).await;
        assert_eq!((cache.ready(&key("b")), cache.ready(&key("a")).is_some()), (None, true));
        for n in 0..20 {
            cache.put(key(&n.to_string()), vec![1; 300]).await;
        }
        assert_eq!(files(folder.path()), 2_000 / (300 + HEADER));
        cache.put(key("long"), vec![1; 1_500]).await;
        assert_eq!(cache.ready(&key("long")), None, "too long for the memory");
        assert!(cache.get(key("long")).await.is_some());
    }

    /// What a crash or a bad disk left behind is not heard.
    #[tokio::test]
    async fn a_damaged_file_is_not_heard() {
        let folder = tempfile::tempdir().expect("a folder");
        for damage in [&b""[..], b"kavtts1\n", b"RIFF0000WAVE0000000000000000000000000000000000000000"] {
            Cache::open(folder.path(), LIMITS).expect("open").put(key("a"), vec![7; 300]).await;
            let cache = Cache::open(folder.path(), LIMITS).expect("open");
            let path = folder.path().join(key("a").name()).with_extension(EXTENSION);
            std::fs::write(&path, damage).expect("written");
            assert_eq!(cache.get(key("a")).await, None);
            assert!(!path.exists());
        }
    }
}
