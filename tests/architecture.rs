//! The house keeps its shape: who may import whom, and who owns which outside crate.
//!
//! The tables below are those of `src/README.md`. The check reads the source as text, so it also sees
//! code behind features and in tests. It must fail on a planted violation, and a test plants several.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The stages: pure, and never importing one another.
const STAGES: &[&str] = &[
    "ingest",
    "geocode",
    "link",
    "cells",
    "nowcast",
    "baseline",
    "detect",
    "forecast",
    "alert",
    "outreach",
    "report",
    "disclosure",
    "simulate",
];

/// The shell, and what each room of it may import besides itself.
const SHELL: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("config", &["domain"]),
    ("telemetry", &["config"]),
    ("store", &["domain", "config"]),
    ("feeds", &["domain", "config"]),
    ("notify", &["domain", "config", "disclosure"]),
    ("jobs", &["*stages", "domain", "stats", "clock", "config", "telemetry", "store", "feeds", "notify"]),
    (
        "api",
        &[
            "domain",
            "alert",
            "cells",
            "disclosure",
            "nowcast",
            "outreach",
            "report",
            "store",
            "config",
            "clock",
            "telemetry",
        ],
    ),
    ("cli", &["*"]),
    ("main", &["cli"]),
];

/// Outside crates and calls with an owner: the text to look for, and the paths (below `src/`) that may hold it.
const OWNED: &[(&str, &[&str])] = &[
    ("sqlx::", &["store/"]),
    ("axum::", &["api/"]),
    ("reqwest::", &["feeds/", "notify/"]),
    ("lettre::", &["notify/"]),
    ("minijinja::", &["notify/"]),
    ("clap::", &["cli/", "main.rs"]),
    ("rustix::", &["cli/"]),
    ("calamine::", &["ingest/"]),
    ("quick_xml::", &["ingest/"]),
    ("h3o::", &["cells/", "domain/place.rs", "api/tiles"]),
    (".await", &["store/", "feeds/", "notify/", "jobs/", "api/", "cli/", "main.rs"]),
    ("async fn", &["store/", "feeds/", "notify/", "jobs/", "api/", "cli/", "main.rs"]),
    ("env::var", &["config/"]),
    ("Utc::now(", &["clock.rs"]),
    ("SystemTime::now(", &["clock.rs"]),
    ("rand::rng(", &[]),
    ("rand::random", &[]),
    ("getrandom::", &["clock.rs", "store/", "api/", "cli/"]),
    ("std::fs", &["store/", "feeds/", "notify/", "jobs/", "api/", "cli/", "config/"]),
];

#[test]
fn every_module_imports_only_what_its_layer_allows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let found = violations(&src);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn planted_violations_are_found() {
    for (file, text, expected) in [
        ("detect/ears.rs", "use crate::forecast::history;", "detect may not import forecast"),
        ("detect/ears.rs", "use crate::{domain::time::Day, cells::outline};", "detect may not import cells"),
        ("detect/scan/mod.rs", "use super::super::store::Store;", "detect may not import store"),
        ("domain/event.rs", "fn f() { crate::stats::mean(&[]) }", "domain may not import stats"),
        ("ingest/csv.rs", "async fn read() { other().await }", "`.await` belongs to"),
        ("jobs/mod.rs", "use sqlx::Row;", "`sqlx::` belongs to"),
        ("alert/mod.rs", "let now = Utc::now();", "`Utc::now(` belongs to"),
        ("api/mod.rs", "use crate::jobs::analyse;", "api may not import jobs"),
        ("misc/mod.rs", "pub fn f() {}", "misc is not in the layer table"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let found = violations(dir.path());
        assert!(found.iter().any(|v| v.contains(expected)), "{file}: {text}: found {found:?}");
    }
}

#[test]
fn words_in_comments_and_strings_are_no_violations() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("detect")).unwrap();
    let text = "//! Compare crate::forecast.\nconst A: &str = \"crate::store and x.await\"; /* crate::api */ use crate::domain::time;";
    fs::write(dir.path().join("detect/mod.rs"), text).unwrap();
    assert_eq!(violations(dir.path()), Vec::<String>::new());
}

#[test]
fn lib_rs_lists_every_room_of_the_table() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let rooms =
        ["domain", "stats"].iter().chain(STAGES).chain(SHELL.iter().map(|(name, _)| name)).filter(|r| **r != "main");
    for room in rooms {
        assert!(lib.contains(&format!("pub mod {room};")), "src/lib.rs does not list {room}");
    }
}

/// Every breach below `src`, in words, sorted.
fn violations(src: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for file in rust_files(src) {
        let relative = file.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/");
        let room = relative.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        if room == "lib" {
            continue;
        }
        let code = without_comments_and_strings(&fs::read_to_string(&file).unwrap());
        match allowed_imports(&room) {
            None => found.push(format!("{relative}: {room} is not in the layer table")),
            Some(allowed) => {
                let depth = relative.matches('/').count() + usize::from(!relative.ends_with("mod.rs"));
                for import in imported_rooms(&code, depth) {
                    if is_room(&import) && import != room && !allowed.contains(&import) && !allowed.contains("*") {
                        found.push(format!("{relative}: {room} may not import {import}"));
                    }
                }
            }
        }
        for (text, owners) in OWNED {
            // Tests beside a stage may read files that lie outside the project.
            let reads_in_test = *text == "std::fs" && relative.ends_with("_tests.rs");
            if code.contains(text) && !reads_in_test && !owners.iter().any(|o| relative.starts_with(o)) {
                found.push(format!("{relative}: `{text}` belongs to {owners:?}"));
            }
        }
    }
    found.sort();
    found
}

/// Anything else after `crate::` or `super::` is an item, not a room.
fn is_room(name: &str) -> bool {
    ["domain", "stats"].contains(&name) || STAGES.contains(&name) || SHELL.iter().any(|(room, _)| *room == name)
}

fn allowed_imports(room: &str) -> Option<BTreeSet<String>> {
    let names: Vec<&str> = if room == "domain" || room == "stats" {
        vec![]
    } else if STAGES.contains(&room) {
        vec!["domain", "stats"]
    } else {
        let (_, list) = SHELL.iter().find(|(name, _)| *name == room)?;
        list.iter().flat_map(|n| if *n == "*stages" { STAGES.to_vec() } else { vec![*n] }).collect()
    };
    Some(names.into_iter().map(str::to_owned).collect())
}

/// First segments after `crate::` (also in groups) and after enough `super::` to leave the room.
fn imported_rooms(code: &str, depth: usize) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        collect_heads(&code[at + "crate::".len()..], &mut rooms);
    }
    let climb = "super::".repeat(depth.max(1));
    if depth > 1 {
        for (at, _) in code.match_indices(&climb) {
            collect_heads(&code[at + climb.len()..], &mut rooms);
        }
    }
    rooms
}

fn collect_heads(rest: &str, rooms: &mut BTreeSet<String>) {
    if let Some(group) = rest.strip_prefix('{') {
        let mut level = 1;
        let mut head = String::new();
        for c in group.chars() {
            match c {
                '{' => level += 1,
                '}' if level == 1 => break,
                '}' => level -= 1,
                ',' if level == 1 => rooms.extend(first_segment(&std::mem::take(&mut head))),
                _ if level == 1 => head.push(c),
                _ => {}
            }
        }
        rooms.extend(first_segment(&head));
    } else {
        rooms.extend(first_segment(rest));
    }
}

fn first_segment(text: &str) -> Option<String> {
    let name: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    // A capital is an item of the crate root, not a room.
    (!name.is_empty() && name.starts_with(|c: char| c.is_lowercase())).then_some(name)
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code with comments and the insides of string literals blanked.
fn without_comments_and_strings(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let next = chars.get(i + 1).copied();
        match chars[i] {
            '/' if next == Some('/') => {
                while i < chars.len() && chars[i] != '\n' {
                    i += 1;
                }
            }
            '/' if next == Some('*') => {
                i += 2;
                while i < chars.len() && !(chars[i] == '*' && chars.get(i + 1) == Some(&'/')) {
                    i += 1;
                }
                i += 2;
            }
            'r' if (next == Some('"') || next == Some('#')) && raw_string_end(&chars, i).is_some() => {
                i = raw_string_end(&chars, i).unwrap();
                out.push_str("\"\"");
            }
            '"' => {
                i += 1;
                while i < chars.len() && chars[i] != '"' {
                    i += if chars[i] == '\\' { 2 } else { 1 };
                }
                i += 1;
                out.push_str("\"\"");
            }
            // A quote in a character literal would otherwise open a string.
            '\'' if next == Some('"') && chars.get(i + 2) == Some(&'\'') => i += 3,
            '\'' if next == Some('\\') && chars.get(i + 3) == Some(&'\'') => i += 4,
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

/// Position after a raw string that begins at `start` (`r"…"`, `r#"…"#`), if one does.
fn raw_string_end(chars: &[char], start: usize) -> Option<usize> {
    if start > 0 && (chars[start - 1].is_alphanumeric() || chars[start - 1] == '_') && chars[start - 1] != 'b' {
        return None;
    }
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let mut i = start + 1 + hashes;
    if chars.get(i) != Some(&'"') {
        return None;
    }
    i += 1;
    while i < chars.len() {
        if chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return Some(i + 1 + hashes);
        }
        i += 1;
    }
    Some(i)
}
