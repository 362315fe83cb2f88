//! Reading: file, then environment, then command line.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use thiserror::Error;
use toml::{Table, Value};

use super::{Config, FILE_NAME, FeedSettings, remote};

const PREFIX: &str = "EMBERWATCH_";

/// Why there is no configuration. Each is one line that says where and what was expected.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}:{line}:{column}: {message}", path.display())]
    File { path: PathBuf, line: usize, column: usize, message: String },
    /// A variable, or an option of the command line.
    #[error("{name}: {message}")]
    Override { name: String, message: String },
    #[error("[{section}] {key} = {found}: {expected}")]
    Value { section: &'static str, key: &'static str, found: String, expected: &'static str },
}

/// The variables of the process that begin with `EMBERWATCH_`.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The process's own.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self::from_pairs(std::env::vars())
    }

    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }

    /// One variable by its whole name; for the few that are no setting (`EMBERWATCH_CONFIG`).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Settings given on the command line: `("database.url", "x.db")`.
#[derive(Debug, Clone, Default)]
pub struct Overrides(Vec<(String, String)>);

impl Overrides {
    pub fn set(mut self, key: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0.push((key.to_owned(), value.to_string()));
        }
        self
    }
}

impl Config {
    /// Read everything. `file` is an explicit path; without one `emberwatch.toml` is read where it exists.
    ///
    /// # Errors
    /// One line naming the file and line, the variable or the option that is at fault.
    pub fn load(file: Option<&Path>, environment: &Environment, overrides: &Overrides) -> Result<Self, ConfigError> {
        let named = file.map(Path::to_path_buf).or_else(|| environment.get("EMBERWATCH_CONFIG").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| PathBuf::from(FILE_NAME));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && named.is_none() => String::new(),
            Err(source) => return Err(ConfigError::Read { path, source }),
        };
        Self::from_text(&text, &path, environment, overrides)
    }

    /// The same from text that was already read; `path` only names it in errors.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_text(
        text: &str,
        path: &Path,
        environment: &Environment,
        overrides: &Overrides,
    ) -> Result<Self, ConfigError> {
        // Read once into the final type for the sake of errors with lines, and once as a table to write over.
        toml::from_str::<Self>(text).map_err(|e| file_error(path, text, &e))?;
        let mut table: Table = toml::from_str(text).map_err(|e| file_error(path, text, &e))?;
        for (name, value) in &environment.0 {
            if let Some((section, key)) = setting_of(name) {
                put(&mut table, name, section, &key, value)?;
            }
        }
        for (dotted, value) in &overrides.0 {
            let (section, key) = dotted.split_once('.').unwrap_or((dotted, ""));
            put(&mut table, &format!("--{}", dotted.replace(['.', '_'], "-")), section, key, value)?;
        }
        let config = Self::deserialize(Value::Table(table))
            .map_err(|e| ConfigError::Override { name: path.display().to_string(), message: e.message().to_owned() })?;
        config.validate()?;
        Ok(config)
    }

    /// Checks that go beyond types.
    ///
    /// # Errors
    /// The first setting that makes no sense, with what was expected.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let a = &self.analysis;
        let check = |ok: bool, section, key, found: String, expected| {
            if ok { Ok(()) } else { Err(ConfigError::Value { section, key, found, expected }) }
        };
        check(
            (4..=10).contains(&a.resolution),
            "analysis",
            "resolution",
            a.resolution.to_string(),
            "expected 4 to 10",
        )?;
        check(
            is_cron(&a.schedule),
            "analysis",
            "schedule",
            format!("{:?}", a.schedule),
            "expected five cron fields such as \"15 5 * * *\"",
        )?;
        check(
            a.scan_max_space_share > 0.0 && a.scan_max_space_share <= 0.5,
            "analysis",
            "scan_max_space_share",
            a.scan_max_space_share.to_string(),
            "expected more than 0 and at most 0.5",
        )?;
        check(
            a.scan_max_radius_km > 0.0 && a.scan_max_radius_km.is_finite(),
            "analysis",
            "scan_max_radius_km",
            a.scan_max_radius_km.to_string(),
            "expected a distance above 0",
        )?;
        check(a.scan_lag_days <= 14, "analysis", "scan_lag_days", a.scan_lag_days.to_string(), "expected 0 to 14")?;
        let cells = a.scan_max_cells;
        check((2..=8).contains(&cells), "analysis", "scan_max_cells", cells.to_string(), "expected 2 to 8")?;
        check(a.scan_coarser <= 4, "analysis", "scan_coarser", a.scan_coarser.to_string(), "expected 0 to 4")?;
        check(a.scan_max_days >= 1, "analysis", "scan_max_days", a.scan_max_days.to_string(), "expected 1 or more")?;
        check(
            (1..=14).contains(&a.forecast_days),
            "analysis",
            "forecast_days",
            a.forecast_days.to_string(),
            "expected 1 to 14",
        )?;
        check(
            a.watch_recurrence_days >= 1.0 && a.watch_recurrence_days <= a.alert_recurrence_days,
            "analysis",
            "watch_recurrence_days",
            a.watch_recurrence_days.to_string(),
            "expected 1 or more, and not above alert_recurrence_days",
        )?;
        check(
            a.alert_recurrence_days.is_finite(),
            "analysis",
            "alert_recurrence_days",
            "infinity".into(),
            "expected days",
        )?;
        for (key, per_year) in
            [("areas_watch_per_year", a.areas_watch_per_year), ("areas_alert_per_year", a.areas_alert_per_year)]
        {
            let fits = (0.1..=3650.0).contains(&per_year);
            check(
                fits,
                "analysis",
                key,
                per_year.to_string(),
                "expected 0.1 to 3650 false alerts a year in all areas",
            )?;
        }
        let r = f64::from(a.scan_replications) + 1.0;
        check(
            r >= a.alert_recurrence_days,
            "analysis",
            "scan_replications",
            a.scan_replications.to_string(),
            "expected at least alert_recurrence_days − 1, or no signal could ever be rare enough",
        )?;
        self.feeds.iter().try_for_each(FeedSettings::validate)?;
        remote::validate_all(&self.geocoder.remote)?;
        let hours = self.session.hours;
        check((1..=168).contains(&hours), "session", "hours", hours.to_string(), "expected 1 to 168")?;
        check(self.privacy.k >= 2, "privacy", "k", self.privacy.k.to_string(), "expected 2 or more (6 is usual)")?;
        let timeout = self.server.request_timeout_seconds;
        check(
            (1..=600).contains(&timeout),
            "server",
            "request_timeout_seconds",
            timeout.to_string(),
            "expected 1 to 600",
        )?;
        let url = self.server.public_url.as_deref().unwrap_or("http://");
        check(
            url.starts_with("http://") || url.starts_with("https://"),
            "server",
            "public_url",
            format!("{url:?}"),
            "expected http://… or https://…",
        )?;
        let mail = self.notify.smtp_url.as_ref().is_none() || self.notify.from.is_some();
        check(mail, "notify", "from", "(not set)".into(), "expected a sender, because smtp_url is set")
    }
}

const SECTIONS: [&str; 10] =
    ["server", "database", "analysis", "outreach", "notify", "privacy", "session", "basemap", "log", "geocoder"];

/// `EMBERWATCH_DATABASE_URL` → `("database", "url")`; `None` for names that are no setting.
pub(super) fn setting_of(name: &str) -> Option<(&'static str, String)> {
    let rest = name.strip_prefix(PREFIX)?.to_ascii_lowercase();
    SECTIONS.into_iter().find_map(|s| {
        let key = rest.strip_prefix(s)?.strip_prefix('_')?;
        Some((s, key.to_owned()))
    })
}

/// Names of variables that look like settings and are none.
pub(super) fn strays(environment: &Environment) -> Vec<String> {
    let known = ["EMBERWATCH_CONFIG"];
    environment.0.keys().filter(|n| setting_of(n).is_none() && !known.contains(&n.as_str())).cloned().collect()
}

/// Write one value into the table: as text where the key takes text, else as a number, truth value or list.
fn put(table: &mut Table, name: &str, section: &str, key: &str, value: &str) -> Result<(), ConfigError> {
    let literal = format!("x = {value}").parse::<Table>().ok().and_then(|mut t| t.remove("x"));
    let mut refusal = String::new();
    for candidate in std::iter::once(Value::String(value.to_owned())).chain(literal) {
        let mut trial = table.clone();
        let Value::Table(keys) = trial.entry(section).or_insert_with(|| Value::Table(Table::new())) else { continue };
        match entry_of(section, key) {
            None => drop(keys.insert(key.to_owned(), candidate)),
            Some((number, key)) => {
                let entries = keys.get_mut("remote").and_then(Value::as_array_mut);
                let entry = entries.and_then(|all| all.get_mut(number.checked_sub(1)?)).and_then(Value::as_table_mut);
                let Some(entry) = entry else {
                    let message = format!("there is no entry {number} of [[geocoder.remote]]");
                    return Err(ConfigError::Override { name: name.to_owned(), message });
                };
                entry.insert(key.to_owned(), candidate);
            }
        }
        match Config::deserialize(Value::Table(trial.clone())) {
            Ok(_) => {
                *table = trial;
                return Ok(());
            }
            Err(e) => refusal = e.message().to_owned(),
        }
    }
    Err(ConfigError::Override { name: name.to_owned(), message: refusal })
}

/// `("geocoder", "remote_2_api_key")` → `(2, "api_key")`.
fn entry_of<'a>(section: &str, key: &'a str) -> Option<(usize, &'a str)> {
    let (number, key) = key.strip_prefix("remote_").filter(|_| section == "geocoder")?.split_once('_')?;
    Some((number.parse().ok()?, key))
}

fn file_error(path: &Path, text: &str, e: &toml::de::Error) -> ConfigError {
    let at = e.span().map_or(0, |s| s.start).min(text.len());
    let before = text.get(..at).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    ConfigError::File { path: path.to_path_buf(), line, column, message: e.message().replace('\n', " ") }
}

fn is_cron(text: &str) -> bool {
    text.split_whitespace().count() == 5 && text.parse::<croner::Cron>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, env: &[(&str, &str)], overrides: Overrides) -> Result<Config, ConfigError> {
        let env = Environment::from_pairs(env.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())));
        Config::from_text(text, Path::new("emberwatch.toml"), &env, &overrides)
    }

    #[test]
    fn an_empty_file_is_a_whole_configuration() {
        let config = read("", &[], Overrides::default()).unwrap();
        assert_eq!(config, Config::default());
        assert_eq!(config.analysis.resolution, 8);
        assert_eq!(config.privacy.k, 6);
    }

    #[test]
    fn the_environment_goes_over_the_file_and_the_command_line_over_both() {
        let file = "[database]\nurl = \"file.db\"\n[analysis]\nresolution = 7\n[session]\nhours = 8\n";
        let env = [("EMBERWATCH_DATABASE_URL", "env.db"), ("EMBERWATCH_ANALYSIS_RESOLUTION", "9"), ("HOME", "/")];
        let config = read(file, &env, Overrides::default().set("database.url", Some("cli.db"))).unwrap();
        assert_eq!(config.database.url.expose(), "cli.db");
        assert_eq!(config.analysis.resolution, 9);
        assert_eq!(config.session.hours, 8);
    }

    #[test]
    fn the_secret_of_a_remote_geocoder_may_come_from_the_environment() {
        let file = "[[geocoder.remote]]\nkind = \"pelias\"\nurl = \"https://h\"\nsources = [\"ems\"]\n";
        let config = read(file, &[("EMBERWATCH_GEOCODER_REMOTE_1_API_KEY", "1234")], Overrides::default()).unwrap();
        assert_eq!(config.geocoder.remote[0].api_key.as_ref().map(|s| s.expose()), Some("1234"));
        assert!(!format!("{config:?}").contains("1234"));
        for (name, part) in [
            ("EMBERWATCH_GEOCODER_REMOTE_2_API_KEY", "there is no entry 2"),
            ("EMBERWATCH_GEOCODER_REMOTE_0_API_KEY", "there is no entry 0"),
            ("EMBERWATCH_GEOCODER_REMOTE_1_APIKEY", "unknown field `apikey`"),
        ] {
            let e = read(file, &[(name, "x")], Overrides::default()).unwrap_err().to_string();
            assert!(e.starts_with(name) && e.contains(part), "{e}");
        }
        let e = read(&file.replace("sources", "source"), &[], Overrides::default()).unwrap_err().to_string();
        assert!(e.contains("unknown field `source`"), "{e}");
    }

    #[test]
    fn a_numeric_looking_text_stays_text() {
        let config = read("", &[("EMBERWATCH_DATABASE_URL", "1234")], Overrides::default()).unwrap();
        assert_eq!(config.database.url.expose(), "1234");
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_its_line() {
        let e = read("[server]\nbind = \"0.0.0.0:80\"\nprot = 8080\n", &[], Overrides::default()).unwrap_err();
        let text = e.to_string();
        assert!(text.starts_with("emberwatch.toml:3:1: unknown field `prot`"), "{text}");
        assert!(text.contains("public_url"), "{text}");
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let e = read("", &[("EMBERWATCH_ANALYSIS_RESOLUTION", "fine")], Overrides::default()).unwrap_err();
        assert!(e.to_string().starts_with("EMBERWATCH_ANALYSIS_RESOLUTION: "), "{e}");
        let e = read("", &[("EMBERWATCH_SERVER_PROT", "1")], Overrides::default()).unwrap_err();
        assert!(e.to_string().contains("unknown field `prot`"), "{e}");
    }

    #[test]
    fn values_that_make_no_sense_are_refused_with_what_was_expected() {
        for (text, part) in [
            ("[analysis]\nresolution = 14\n", "[analysis] resolution = 14: expected 4 to 10"),
            ("[analysis]\nschedule = \"daily\"\n", "five cron fields"),
            ("[analysis]\nscan_coarser = 5\n", "[analysis] scan_coarser = 5: expected 0 to 4"),
            ("[analysis]\nscan_max_cells = 12\n", "[analysis] scan_max_cells = 12: expected 2 to 8"),
            ("[analysis]\nscan_zones = \"stars\"\n", "expected one of `circles`, `rings`, `connected`"),
            ("[analysis]\nscan_replications = 19\n", "no signal could ever be rare enough"),
            ("[session]\nhours = 0\n", "expected 1 to 168"),
            ("[notify]\nsmtp_url = \"smtp://mail\"\n", "expected a sender"),
            ("[server]\npublic_url = \"emberwatch.example.org\"\n", "expected http://… or https://…"),
        ] {
            let e = read(text, &[], Overrides::default()).unwrap_err();
            assert!(e.to_string().contains(part), "{text} gave {e}");
        }
    }
}
