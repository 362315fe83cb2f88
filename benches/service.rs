//! The running service with a year of a simulated state's data: the brief, a cell tile, trends.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod support;

use std::time::{Duration, Instant};

use reqwest::{Client, header::COOKIE};

const REQUESTS: usize = 300;

fn main() {
    rustls::crypto::ring::default_provider().install_default().expect("installed once");
    let started = Instant::now();
    let demo = support::Demo::start(&["--days", "365", "--seed", "1"]);
    println!("demo of 365 days, from nothing to its address: {:.1} s", started.elapsed().as_secs_f64());
    tokio::runtime::Runtime::new().expect("a runtime").block_on(measure(&demo));
}

async fn measure(demo: &support::Demo) {
    let client = Client::builder().timeout(Duration::from_secs(30)).build().expect("a client");
    let liaison = support::sign_in(&client, demo, "liaison").await;
    let analyst = support::sign_in(&client, demo, "analyst").await;
    let base = &demo.address;
    for (name, cookie, urls) in [
        ("brief", &liaison, vec![format!("{base}/api/v1/brief")]),
        ("cell tile", &analyst, tiles(base)),
        ("cells table", &analyst, vec![format!("{base}/api/v1/cells")]),
        ("trends, county by week", &analyst, vec![format!("{base}/api/v1/trends?level=county&bucket=week")]),
    ] {
        let mut times = Vec::with_capacity(REQUESTS);
        let mut bytes = 0;
        for i in 0..REQUESTS {
            let url = &urls[i % urls.len()];
            let at = Instant::now();
            let answer = client.get(url).header(COOKIE, cookie).send().await.expect("an answer");
            let status = answer.status();
            assert!(status.is_success(), "{url}: {status}");
            bytes += answer.bytes().await.expect("a body").len();
            times.push(at.elapsed());
        }
        println!(
            "{name}: p50 {:.1} ms, p95 {:.1} ms, max {:.1} ms over {REQUESTS} requests, {} bytes each on average",
            support::quantile(&mut times, 0.5).as_secs_f64() * 1e3,
            support::quantile(&mut times, 0.95).as_secs_f64() * 1e3,
            support::quantile(&mut times, 1.0).as_secs_f64() * 1e3,
            bytes / REQUESTS
        );
    }
}

/// The tiles that a map of Maine asks for, from the whole state to a town.
fn tiles(base: &str) -> Vec<String> {
    [(6, 19, 22), (7, 39, 45), (8, 78, 92), (9, 157, 184), (10, 316, 368), (11, 632, 737)]
        .map(|(z, x, y)| format!("{base}/tiles/cells/{z}/{x}/{y}"))
        .to_vec()
}
