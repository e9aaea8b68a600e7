//! A PostgreSQL server of the tests' own, from the system's binaries.
//!
//! It listens on a socket in its folder alone. A shell stands beside it that ends it and removes the
//! folder when the pipe from this process closes, however this process ends.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

pub(crate) struct Server {
    folder: PathBuf,
    /// Its standard input is the pipe that keeps the server alive.
    _watchman: Child,
}

/// The server, started at the first call. None, said aloud for each test, where it cannot be started.
pub(crate) fn server(test: &str) -> Option<&'static Server> {
    static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
    match SERVER.get_or_init(start) {
        Ok(server) => Some(server),
        Err(why) => {
            // Past the test harness, which would swallow what goes through eprintln.
            let mut past_the_harness = std::io::stderr().lock();
            writeln!(past_the_harness, "SKIP {test}: no PostgreSQL: {why}").unwrap();
            None
        }
    }
}

impl Server {
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        format!("postgres:///{database}?host={}&user={role}", self.folder.display())
    }

    /// Creates a database that the ordinary role `kav` owns.
    pub(crate) async fn create_database(&self, name: &str) {
        let mut connection = PgConnection::connect(&self.url("postgres", "postgres")).await.unwrap();
        let sql = format!("CREATE DATABASE {name} OWNER kav");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
}

/// Drops the database of `url` from under whoever uses it.
pub(crate) async fn drop_database(url: &str) {
    let (head, rest) = url.split_once(":///").unwrap();
    let (name, query) = rest.split_once('?').unwrap();
    let mut connection = PgConnection::connect(&format!("{head}:///postgres?{query}")).await.unwrap();
    let sql = format!("DROP DATABASE {name} WITH (FORCE)");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

fn start() -> Result<Server, String> {
    let programs = programs().ok_or("neither initdb in PATH nor in /usr/lib/postgresql/*/bin")?;
    let folder = tempfile::Builder::new().prefix("kav-pg-").tempdir().map_err(|e| e.to_string())?.keep();
    let user = unprivileged()?;
    if let Some(user) = &user {
        done(Command::new("chown").arg(format!("{}:{}", user.uid, user.gid)).arg(&folder))?;
    }
    let mut initdb = as_user(user.as_ref(), &programs.join("initdb"));
    done(
        initdb
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&folder),
    )?;

    const WATCH: &str = r#""$0" -D "$1" -k "$1" -c listen_addresses= -c fsync=off -c max_connections=200 >"$1/log" 2>&1 &
        server=$!
        cat >/dev/null
        kill -INT "$server"
        wait "$server"
        rm -rf "$1""#;
    let watchman = as_user(user.as_ref(), Path::new("/bin/sh"))
        .args(["-c", WATCH])
        .arg(programs.join("postgres"))
        .arg(&folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;

    let began = Instant::now();
    loop {
        let mut createuser = Command::new(programs.join("createuser"));
        createuser.arg("-h").arg(&folder).args(["-U", "postgres", "kav"]);
        match done(&mut createuser) {
            Ok(()) => {
                return Ok(Server { folder, _watchman: watchman });
            }
            Err(why) if began.elapsed() > Duration::from_secs(60) => return Err(why),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn programs() -> Option<PathBuf> {
    let in_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    installed.sort();
    in_path.chain(installed.into_iter().rev()).find(|folder| {
        ["initdb", "postgres", "createuser"].iter().all(|program| folder.join(program).is_file())
    })
}

struct User {
    uid: u32,
    gid: u32,
}

/// PostgreSQL refuses to run as root: then, somebody else.
fn unprivileged() -> Result<Option<User>, String> {
    let root = std::fs::metadata("/proc/self").map_err(|e| e.to_string())?.uid() == 0;
    if !root {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd").map_err(|e| e.to_string())?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| {
            let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut numbers = line.split(':').skip(2).map(str::parse);
            Some(User { uid: numbers.next()?.ok()?, gid: numbers.next()?.ok()? })
        })
        .map(Some)
        .ok_or_else(|| "running as root, and there is no user postgres or nobody".to_owned())
}

fn as_user(user: Option<&User>, program: &Path) -> Command {
    let Some(User { uid, gid }) = user else {
        return Command::new(program);
    };
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={uid}"), &format!("--regid={gid}"), "--clear-groups", "--"]).arg(program);
    command
}

fn done(command: &mut Command) -> Result<(), String> {
    let output = command.current_dir("/").output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
