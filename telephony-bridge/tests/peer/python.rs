//! A Python that has a package.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python that has `package`, installed into `folder` if that is wanted, or why there is none.
pub(crate) fn with(package: &str, folder: &Path) -> Result<PathBuf, String> {
    if let Some(venv) = std::env::var_os("KAV_PEER_VENV") {
        return Ok(Path::new(&venv).join("bin/python"));
    }
    if std::env::var("KAV_PEERS").as_deref() != Ok("1") {
        return Err("neither KAV_PEERS=1 nor KAV_PEER_VENV is set".to_owned());
    }
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    };
    run(Path::new("python3"), &["-m", "venv", &folder.display().to_string()])?;
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", package];
    run(&folder.join("bin/python"), &install)?;
    Ok(folder.join("bin/python"))
}
