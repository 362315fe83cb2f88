//! What the measurements share: running the binary, watching its memory, and quantiles.

#![allow(dead_code, reason = "each benchmark uses a part")]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The binary that `cargo bench` built with the release settings.
pub fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_emberwatch"))
}

/// A folder that goes away with its value.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

pub struct Run {
    pub wall: Duration,
    /// User and system time of the process.
    pub cpu: Duration,
    /// Largest resident set, KiB.
    pub peak_kib: u64,
    pub stdout: String,
}

/// Run a command to its end, watching memory from outside. Panics with its words when it fails.
pub fn run(command: &mut Command) -> Run {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let stdout = read_all(child.stdout.take().expect("piped"));
    let stderr = read_all(child.stderr.take().expect("piped"));
    let (mut peak_kib, mut cpu) = (0, Duration::ZERO);
    let status = loop {
        peak_kib = peak_kib.max(status_kib(child.id(), "VmHWM:").unwrap_or(0));
        cpu = cpu.max(cpu_of(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let wall = started.elapsed();
    let (stdout, stderr) = (stdout.join().expect("read"), stderr.join().expect("read"));
    assert!(status.success(), "{command:?} failed: {stderr}");
    Run { wall, cpu, peak_kib, stdout }
}

fn read_all(mut from: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = from.read_to_string(&mut text);
        text
    })
}

fn status_kib(pid: u32, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find(|l| l.starts_with(field))?.split_whitespace().nth(1)?.parse().ok()
}

/// Clock ticks are hundredths of a second on Linux.
fn cpu_of(pid: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// A running `emberwatch demo`; killed when dropped.
pub struct Demo {
    child: Child,
    pub address: String,
    /// (role, login, password)
    pub sign_ins: Vec<(String, String, String)>,
    pub folder: tempfile::TempDir,
}

impl Demo {
    pub fn start(args: &[&str]) -> Self {
        let folder = folder();
        let mut child = binary()
            .arg("demo")
            .args(["--port", "0"])
            .args(args)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (mut address, mut sign_ins) = (None, Vec::new());
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some(rest) = line.strip_prefix("sign-in: ") {
                let words: Vec<&str> = rest.split_whitespace().collect();
                sign_ins.push((words[0].to_owned(), words[1].to_owned(), words[2].to_owned()));
            }
            if let Some(rest) = line.strip_prefix("address: ") {
                address = Some(rest.trim().to_owned());
                break;
            }
        }
        // Keep the pipe open and empty, or the demo would end on its next line.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.expect("the demo prints its address"), sign_ins, folder }
    }

    pub fn password(&self, role: &str) -> (&str, &str) {
        let found = self.sign_ins.iter().find(|(r, _, _)| r == role).expect("an account for each role");
        (&found.1, &found.2)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value below which a share `q` of the times lies.
pub fn quantile(times: &mut [Duration], q: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() as f64 * q).ceil() as usize).clamp(1, times.len()) - 1]
}

pub fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    path.is_dir().then_some(path)
}

/// Sign in; answers the cookie.
pub async fn sign_in(client: &reqwest::Client, demo: &Demo, role: &str) -> String {
    let (login, password) = demo.password(role);
    let answer = client
        .post(format!("{}/api/v1/session", demo.address))
        .json(&serde_json::json!({"login": login, "password": password}))
        .send()
        .await
        .expect("an answer");
    assert!(answer.status().is_success(), "signing in as {role}: {}", answer.status());
    let cookie = answer.headers().get("set-cookie").expect("a cookie").to_str().expect("text");
    cookie.split(';').next().expect("a first part").to_owned()
}
