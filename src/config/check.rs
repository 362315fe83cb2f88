//! What `emberwatch check-config` prints: every setting that matters to an operator, judged.

use std::{fmt, path::Path};

use serde::Serialize;

use super::{Config, Environment, FeedPlace, Overrides, RemoteSettings, load::strays};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Fine,
    /// Works, but an operator should know.
    Notice,
    /// The service would not start.
    Error,
}

/// One line of the diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// What it is about, `database.url`.
    pub about: String,
    pub message: String,
}

/// All findings, in the order of the file's sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Read the configuration as the service would and judge it. Opens nothing but the file.
    pub fn of(file: Option<&Path>, environment: &Environment, overrides: &Overrides) -> Self {
        let mut findings: Vec<Finding> = strays(environment)
            .into_iter()
            .map(|name| Finding {
                severity: Severity::Notice,
                message: "is not a setting and is ignored".into(),
                about: name,
            })
            .collect();
        match Config::load(file, environment, overrides) {
            Ok(config) => findings.extend(judge(&config)),
            Err(e) => findings.push(Finding {
                severity: Severity::Error,
                about: "configuration".into(),
                message: e.to_string(),
            }),
        }
        Self { findings }
    }

    /// Whether the service would start with it.
    pub fn is_ok(&self) -> bool {
        self.findings.iter().all(|f| f.severity < Severity::Error)
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let mark = match finding.severity {
                Severity::Fine => "ok    ",
                Severity::Notice => "notice",
                Severity::Error => "error ",
            };
            writeln!(f, "{mark}  {}: {}", finding.about, finding.message)?;
        }
        Ok(())
    }
}

fn judge(config: &Config) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut say = |severity, about: &str, message: String| {
        out.push(Finding { severity, about: about.to_owned(), message });
    };
    let server = &config.server;
    let open = !server.bind.ip().is_loopback();
    if open && !server.is_https() {
        say(
            Severity::Notice,
            "server.public_url",
            format!(
                "the service listens on {} but is not said to be reached over https; cookies are not Secure",
                server.bind
            ),
        );
    } else {
        say(Severity::Fine, "server.bind", server.bind.to_string());
    }
    say(Severity::Fine, "database.url", config.database.url.without_password());
    let a = &config.analysis;
    say(
        Severity::Fine,
        "analysis",
        format!(
            "cells of resolution {}, at \"{}\", {} replications; false watches and alerts a year that may be expected: {:.1} and {:.1} of clusters, {} and {} of areas",
            a.resolution,
            a.schedule,
            a.scan_replications,
            365.25 / a.watch_recurrence_days,
            365.25 / a.alert_recurrence_days,
            a.areas_watch_per_year,
            a.areas_alert_per_year
        ),
    );
    match &config.notify.smtp_url {
        Some(url) => say(Severity::Fine, "notify.smtp_url", url.without_password()),
        None => say(Severity::Notice, "notify.smtp_url", "not set: alerts are not sent by e-mail".into()),
    }
    if config.notify.allow_private {
        say(Severity::Notice, "notify.allow_private", "webhooks may reach addresses of the own network".into());
    }
    if config.privacy.k < 6 {
        say(Severity::Notice, "privacy.k", format!("{} is below 6, the usual threshold", config.privacy.k));
    }
    for path in config.geocoder.index.iter().filter(|p| !p.is_file()) {
        say(Severity::Error, "geocoder.index", format!("{} is not a file", path.display()));
    }
    out.extend(config.geocoder.remote.iter().flat_map(who_leaves));
    let mut say = |severity, about: &str, message: String| {
        out.push(Finding { severity, about: about.to_owned(), message });
    };
    for feed in &config.feeds {
        let about = format!("feeds, {}", feed.source);
        let every = format!("every {} minutes", feed.every_minutes);
        match feed.place() {
            Some(FeedPlace::Folder(folder)) if !folder.is_dir() => {
                say(Severity::Error, &about, format!("{} is not a folder", folder.display()));
            }
            Some(FeedPlace::Folder(folder)) => say(Severity::Fine, &about, format!("{}, {every}", folder.display())),
            Some(FeedPlace::Url(url)) if url.starts_with("http://") => {
                say(Severity::Notice, &about, format!("{url} is asked without encryption, {every}"));
            }
            Some(FeedPlace::Url(url)) => say(Severity::Fine, &about, format!("{url}, {every}")),
            None => {}
        }
        for path in feed.mapping.iter().filter(|p| !p.is_file()) {
            say(Severity::Error, &about, format!("the mapping {} is not a file", path.display()));
        }
    }
    if let Some(path) = &config.basemap.pmtiles
        && !path.is_file()
    {
        say(Severity::Error, "basemap.pmtiles", format!("{} is not a file", path.display()));
    }
    out
}

/// What leaves the building, in so many words.
fn who_leaves(remote: &RemoteSettings) -> Vec<Finding> {
    let about = format!("geocoder.remote, {}", remote.name());
    let sources: Vec<&str> = remote.sources.iter().map(|s| s.as_str()).collect();
    let source = if sources.len() == 1 { "source" } else { "sources" };
    let of = remote.jurisdiction.as_ref().map_or_else(String::new, |id| format!(" of {id}"));
    let inside = remote.is_inside();
    let leave = if inside { "leave this service" } else { "leave the building" };
    let whither = if inside { "in the own network" } else { "outside" };
    let message = format!(
        "addresses of the {source} {}{of} {leave}: those that our own geocoder cannot place are sent to {} ({whither}), \
         at most {} a second",
        sources.join(", "),
        remote.host(),
        remote.requests_per_second()
    );
    let mut out = vec![Finding { severity: Severity::Notice, about: about.clone(), message }];
    if remote.is_public_nominatim() {
        let message =
            "this server's policy discourages lists of addresses; run a Nominatim of your own, and give a contact";
        out.push(Finding { severity: Severity::Notice, about, message: message.into() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_addresses_leave_the_building_and_whither_is_said_plainly() {
        let text = "[[geocoder.remote]]\nkind = \"pelias\"\nurl = \"https://pelias.example.org/geo\"\n\
                    sources = [\"ems\", \"police\"]\napi_key = \"s3cret\"\n\
                    [[geocoder.remote]]\nkind = \"nominatim\"\nurl = \"https://nominatim.openstreetmap.org\"\nsources = [\"ed\"]\n";
        let none = (Environment::default(), Overrides::default());
        let config = Config::from_text(text, Path::new("e.toml"), &none.0, &none.1).unwrap();
        let told = Diagnosis { findings: judge(&config) }.to_string();
        assert!(
            told.contains("notice  geocoder.remote, pelias pelias.example.org/geo: addresses of the sources ems, police leave the building"),
            "{told}"
        );
        assert!(told.contains("sent to pelias.example.org (outside), at most 1 a second"), "{told}");
        assert!(told.contains("discourages lists of addresses"), "{told}");
        assert!(!told.contains("s3cret") && !format!("{config:?}").contains("s3cret"));
        let plain = text.replace("https://pelias", "http://pelias");
        let error = Config::from_text(&plain, Path::new("e.toml"), &none.0, &none.1).unwrap_err().to_string();
        assert!(error.contains("[geocoder.remote] url") && error.contains("unencrypted"), "{error}");
    }

    #[test]
    fn the_diagnosis_names_the_false_alert_budget_and_hides_passwords() {
        let overrides = Overrides::default()
            .set("database.url", Some("postgres://ann:hunter2@db/emberwatch"))
            .set("notify.smtp_url", Some("smtp://bob:hunter3@mail:587"))
            .set("notify.from", Some("a@example.org"));
        let env = Environment::from_pairs([("EMBERWATCH_COLOUR".to_owned(), "red".to_owned())]);
        let diagnosis = Diagnosis::of(None, &env, &overrides);
        let text = diagnosis.to_string();
        assert!(diagnosis.is_ok(), "{text}");
        assert!(text.contains("12.2 and 3.7 of clusters, 36.5 and 12 of areas"), "{text}");
        assert!(text.contains("notice  EMBERWATCH_COLOUR: is not a setting"), "{text}");
        assert!(!text.contains("hunter"), "{text}");
    }

    #[test]
    fn watched_feeds_are_listed_with_what_is_wrong_about_them_and_without_their_secret() {
        let text = "[[feeds]]\nsource = \"ems\"\nfolder = \"/no/such\"\nmapping = \"no.toml\"\n\
                    [[feeds]]\nsource = \"ed\"\nurl = \"http://h.example/a.csv\"\nauthorization = \"Bearer s3cret\"\n";
        let none = (Environment::default(), Overrides::default());
        let config = Config::from_text(text, Path::new("e.toml"), &none.0, &none.1).unwrap();
        let told = Diagnosis { findings: judge(&config) }.to_string();
        assert!(told.contains("error   feeds, ems: /no/such is not a folder"), "{told}");
        assert!(told.contains("error   feeds, ems: the mapping no.toml is not a file"), "{told}");
        assert!(told.contains("notice  feeds, ed: http://h.example/a.csv is asked without encryption"), "{told}");
        assert!(!told.contains("s3cret") && !format!("{config:?}").contains("s3cret"));
        for (bad, expected) in [
            ("source = \"a\"", "expected either a folder or a url"),
            ("source = \"a\"\nfolder = \"x\"\nurl = \"https://x\"", "expected either a folder or a url"),
            ("source = \"a\"\nurl = \"ftp://x\"", "expected https://… or http://…"),
            ("source = \"a\"\nfolder = \"x\"\nevery_minutes = 0", "expected 1 or more"),
            ("source = \"a\"\nfoldr = \"x\"", "unknown field `foldr`"),
        ] {
            let text = format!("[[feeds]]\n{bad}\n");
            let error = Config::from_text(&text, Path::new("e.toml"), &none.0, &none.1).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_one_error() {
        let diagnosis = Diagnosis::of(Some(Path::new("no/such.toml")), &Environment::default(), &Overrides::default());
        assert!(!diagnosis.is_ok());
        assert_eq!(diagnosis.findings.len(), 1);
        assert!(diagnosis.findings[0].message.starts_with("no/such.toml: cannot be read"));
    }
}
