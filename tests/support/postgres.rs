//! A private PostgreSQL for tests: one cluster for each test process, one database for each test.
//!
//! `initdb` makes the cluster in a temporary folder, as a user who is not root (PostgreSQL refuses root), and
//! it listens on a socket in that folder only. A small shell keeps watch on a pipe: when the test process
//! ends, however it ends, the pipe closes, the server is stopped and the folder removed. It does not sync (no test
//! cuts the power), but commits reach the operating system: what was acknowledged outlives a killed server.
//!
//! Programs are looked for on the PATH and in `/usr/lib/postgresql/*/bin`. Where there are none, tests say so
//! and pass, except under `CI=true`, where they fail.

use std::{
    io::Write,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{Connection, PgConnection};

/// A running cluster. The server stops when this is dropped or the process ends.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    account: Option<(u32, u32)>,
    settings: &'static str,
    /// One for each start; each stops its server and removes the folder when its pipe closes.
    watchers: Vec<Child>,
    databases: AtomicU32,
}

/// A fresh, empty database of the process's cluster, as a URL; `None` when PostgreSQL is not installed.
pub async fn database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(Cluster::start)).await.unwrap();
    Some(cluster.as_ref()?.create_database().await)
}

impl Cluster {
    /// # Panics
    /// When PostgreSQL is installed and does not start, or is missing under `CI=true`.
    pub fn start() -> Option<Self> {
        Self::start_with("-c fsync=off -c full_page_writes=off -c shared_buffers=64MB")
    }

    /// A cluster with other settings of the server.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    #[expect(clippy::explicit_write, reason = "the harness keeps what eprintln! says to itself when a test passes")]
    pub fn start_with(settings: &'static str) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(!in_ci(), "PostgreSQL is not installed, and these tests must not be skipped in CI");
            writeln!(std::io::stderr(), "skipped: PostgreSQL is not installed").unwrap();
            return None;
        };
        let folder = tempfile::Builder::new().prefix("emberwatch-postgres-").tempdir().unwrap().keep();
        let account = account_for_server();
        if let Some((uid, gid)) = account {
            chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let data = folder.join("data");
        let made = run_as(account, &programs.join("initdb"), &folder)
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync"])
            // A collation that does not sort by bytes, as servers in the field have: lists must not follow it.
            .args(["--locale=C", "--locale-provider=icu", "--icu-locale=en-US", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb failed");
        let watchers = vec![watch(account, &programs, &folder, settings)];
        let cluster = Self { folder, programs, account, settings, watchers, databases: AtomicU32::new(0) };
        cluster.wait_until_ready();
        Some(cluster)
    }

    /// # Panics
    /// When the server refuses.
    pub async fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.display())
    }

    /// Stop the server as a power cut would, leaving its files.
    pub fn crash(&self) {
        let stopped = self.control(&["stop", "--mode=immediate", "--silent", "-D"]);
        assert!(stopped, "the server could not be stopped");
    }

    /// Start the server again after [`Cluster::crash`].
    pub fn restart(&mut self) {
        self.watchers.push(watch(self.account, &self.programs, &self.folder, self.settings));
        self.wait_until_ready();
    }

    fn control(&self, arguments: &[&str]) -> bool {
        run_as(self.account, &self.programs.join("pg_ctl"), &self.folder)
            .args(arguments)
            .arg(self.folder.join("data"))
            .status()
            .unwrap()
            .success()
    }

    fn wait_until_ready(&self) {
        for _ in 0..600 {
            let ready = run_as(self.account, &self.programs.join("pg_isready"), &self.folder)
                .args(["--quiet", "--username=postgres", "--dbname=postgres", "--host"])
                .arg(&self.folder)
                .status()
                .unwrap();
            if ready.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL did not start within 30 s");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        while let Some(mut watcher) = self.watchers.pop() {
            drop(watcher.stdin.take());
            let _ = watcher.wait();
        }
    }
}

/// Start the server under a shell that stops it and cleans up when our end of its pipe closes.
fn watch(account: Option<(u32, u32)>, programs: &Path, folder: &Path, settings: &str) -> Child {
    const SCRIPT: &str = r#"
        "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=200 $3 >>"$2/log" 2>&1 &
        server=$!
        cat >/dev/null
        kill -QUIT "$server" 2>/dev/null && wait "$server" 2>/dev/null
        rm -rf "$2"
    "#;
    run_as(account, Path::new("/bin/sh"), folder)
        .arg("-c")
        .arg(SCRIPT)
        .arg("watch")
        .args([programs, folder])
        .arg(settings)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn run_as(account: Option<(u32, u32)>, program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C").env_remove("PGDATA").env_remove("PGHOST");
    if let Some((uid, gid)) = account {
        command.gid(gid).uid(uid);
    }
    command
}

/// Who runs the server: ourselves, unless we are root; then `postgres` or `nobody`.
fn account_for_server() -> Option<(u32, u32)> {
    if std::fs::metadata("/proc/self").map_or(1, |m| m.uid()) != 0 {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        accounts.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&name))
                .then(|| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))?
        })
    };
    Some(find("postgres").or_else(|| find("nobody")).expect("root needs another account to run PostgreSQL"))
}

#[expect(clippy::disallowed_methods, reason = "tests find their tools themselves")]
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var("PATH").unwrap_or_default();
    let on_path = on_path.split(':').map(PathBuf::from);
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = versions.map(|v| v.path().join("bin")).collect();
    installed.sort();
    let complete = |dir: &PathBuf| ["initdb", "postgres", "pg_ctl", "pg_isready"].iter().all(|p| dir.join(p).is_file());
    installed.into_iter().rev().chain(on_path).find(complete)
}

#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}
