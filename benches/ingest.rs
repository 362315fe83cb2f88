//! A million rows of CSV into an empty store, SQLite and PostgreSQL, beside what the databases' own loaders need to
//! put the same file into one table of text; and what other people notice of it meanwhile.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

#[path = "../tests/support/postgres.rs"]
#[allow(dead_code, reason = "tests use the rest")]
mod postgres;
mod support;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::{Client, header::COOKIE};

/// One row of the file after another, as text.
const COLUMNS: &str = "event_id, kind, occurred_at, received_at, latitude, longitude, precision, jurisdiction, source, \
     reported_at, address, town, zip, county, outcome, naloxone, quantity";

fn main() {
    let dir = support::folder();
    let out = dir.path().join("world");
    support::run(support::binary().args(["simulate", "--rows", "1000000", "--seed", "1", "--out"]).arg(&out));
    let file = out.join("events.csv");
    let bytes = std::fs::metadata(&file).expect("the simulation wrote events.csv").len();
    println!("the file: {} MB", bytes / 1_000_000);
    let database = dir.path().join("bench.db");
    take("SQLite", &database.display().to_string(), &file);
    raw_sqlite(&dir.path().join("raw.db"), &file);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    // As a server is set up: every commit is synced.
    match postgres::Cluster::start_with("-c shared_buffers=128MB") {
        Some(cluster) => {
            let url = runtime.block_on(cluster.create_database());
            take("PostgreSQL", &url, &file);
            runtime.block_on(raw_postgres(&url, &file));
        }
        None => println!("PostgreSQL is not installed: not measured"),
    }
    rustls::crypto::ring::default_provider().install_default().expect("installed once");
    runtime.block_on(meanwhile(&file));
}

/// Read the file in, and again.
fn take(name: &str, database: &str, file: &Path) {
    for time in ["first", "again"] {
        let run = support::run(ingest(database, file).args(["--format", "json"]));
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("one JSON document");
        println!(
            "{name}, {time}: {} rows, {:.1} s wall, {:.1} s CPU of the program, {} MiB peak; accepted {}, unchanged {}, \
             quarantined {}",
            answer["read"],
            run.wall.as_secs_f64(),
            run.cpu.as_secs_f64(),
            run.peak_kib / 1024,
            answer["accepted"],
            answer["unchanged"],
            answer["quarantined"]
        );
    }
}

fn ingest(database: &str, file: &Path) -> Command {
    let mut command = support::binary();
    command.args(["ingest", "--source", "bench", "--database", database]).arg(file);
    command
}

fn raw_sqlite(database: &Path, file: &Path) {
    let started = Instant::now();
    let import = format!(".import --csv {} raw", file.display());
    match Command::new("sqlite3").arg(database).arg(import).status() {
        Ok(status) if status.success() => {
            println!("sqlite3 .import into one table of text: {:.1} s", started.elapsed().as_secs_f64());
        }
        Ok(status) => panic!("sqlite3 .import: {status}"),
        Err(e) => println!("sqlite3 .import: not measured, {e}"),
    }
}

async fn raw_postgres(url: &str, file: &Path) {
    use sqlx::{Connection, PgConnection};
    let mut connection = PgConnection::connect(url).await.expect("the server that was just used");
    let table = COLUMNS.replace(", ", " text, ");
    let create = format!("CREATE TABLE raw ({table} text)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut connection).await.expect("a new table");
    let bytes = tokio::fs::File::open(file).await.expect("the file that was just read");
    let started = Instant::now();
    let mut copy = connection.copy_in_raw("COPY raw FROM STDIN WITH (FORMAT csv, HEADER)").await.expect("COPY begins");
    copy.read_from(bytes).await.expect("COPY takes the file");
    let rows = copy.finish().await.expect("COPY ends");
    println!("COPY of {rows} rows into one table of text: {:.1} s", started.elapsed().as_secs_f64());
}

/// What people who use the service notice while another process reads the file into its database.
async fn meanwhile(file: &Path) {
    let demo = support::Demo::start(&["--days", "90", "--seed", "1", "--database", "demo.db"]);
    let client = Client::builder().timeout(Duration::from_secs(60)).build().expect("a client");
    let cookie = support::sign_in(&client, &demo, "liaison").await;
    let base = &demo.address;
    let urls = [format!("{base}/api/v1/brief"), format!("{base}/tiles/cells/8/78/92"), format!("{base}/api/v1/alerts")];
    let mut alone = Vec::new();
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until {
        alone.extend(ask(&client, &cookie, &urls).await);
    }
    let database = demo.folder.path().join("demo.db").display().to_string();
    let quiet = Stdio::null;
    let mut child = ingest(&database, file).stdout(quiet()).stderr(quiet()).spawn().expect("the binary starts");
    let mut beside = Vec::new();
    while child.try_wait().expect("the child can be waited for").is_none() {
        beside.extend(ask(&client, &cookie, &urls).await);
    }
    for (name, times) in [("alone", &mut alone), ("while a million rows are read in", &mut beside)] {
        println!(
            "brief, tile and alerts, {name}: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms over {} requests",
            support::quantile(times, 0.5).as_secs_f64() * 1e3,
            support::quantile(times, 0.95).as_secs_f64() * 1e3,
            support::quantile(times, 0.99).as_secs_f64() * 1e3,
            times.len()
        );
    }
}

/// Each once, with a breath between: people do not ask without end.
async fn ask(client: &Client, cookie: &str, urls: &[String]) -> Vec<Duration> {
    let mut times = Vec::new();
    for url in urls {
        let at = Instant::now();
        let answer = client.get(url).header(COOKIE, cookie).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        answer.bytes().await.expect("a body");
        times.push(at.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    times
}
