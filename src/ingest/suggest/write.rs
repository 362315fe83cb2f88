//! A guess as the text of a mapping, with its doubts as comments.

use std::fmt::Write as _;

use super::{
    guess::{CaseBy, Guess},
    table::Table,
    words::{self, Role},
};

/// The mapping of what was guessed.
pub(super) fn mapping(guess: &Guess, table: &Table, source: &str) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "# Suggested from the first {} rows. Read the doubts, mend what is wrong, delete this note.",
        table.rows.len()
    );
    for doubt in &guess.doubts {
        let _ = writeln!(out, "# - {doubt}");
    }
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(String::new());
    line(format!("name = {}", quoted(source)));
    match &guess.record_id[..] {
        [] => {}
        [one] => line(format!("record_id = {}", quoted(guess.name(*one)))),
        many => line(format!("record_id = {}", list(many.iter().map(|at| guess.name(*at))))),
    }
    match guess.roles.get(&Role::Kind) {
        Some(at) => line(format!("kind = {{ column = {} }}", quoted(guess.name(*at)))),
        None => line(format!("kind = {}", quoted(guess.kind))),
    }
    if let Some(at) = guess.roles.get(&Role::Owner) {
        line(format!("owner = {}", quoted(guess.name(*at))));
    }
    for (role, key) in [(Role::Outcome, "outcome"), (Role::Naloxone, "naloxone"), (Role::Withdrawn, "withdrawn")] {
        if let Some(at) = guess.roles.get(&role) {
            line(format!("{key} = {}", word(guess, role, *at)));
        }
    }
    if let Some(at) = guess.roles.get(&Role::Quantity).filter(|_| guess.kind != "overdose") {
        line(format!("quantity = {}", quoted(guess.name(*at))));
    }
    format_section(guess, table, &mut line);
    case_section(guess, source, &mut line);
    time_section(guess, &mut line);
    place_section(guess, table, &mut line);
    if !guess.attributes.is_empty() {
        line("\n[attributes]".into());
        let mut names: Vec<String> = Vec::new();
        for at in &guess.attributes {
            let name = words::plain(guess.name(*at));
            if name.is_empty() || names.contains(&name) || super::super::plan::is_refused(&name) {
                continue;
            }
            let value = if name == "age" && guess.profiles[*at].numbers > 0.9 {
                format!("{{ column = {}, bands = [15, 18, 25, 35, 45, 55, 65] }}", quoted(guess.name(*at)))
            } else {
                quoted(guess.name(*at))
            };
            line(format!("{} = {value}", toml_edit::Key::new(&name)));
            names.push(name);
        }
    }
    out
}

fn format_section(guess: &Guess, table: &Table, line: &mut impl FnMut(String)) {
    let mut nothings: Vec<&str> = guess.profiles.iter().flat_map(|p| &p.nothings).map(String::as_str).collect();
    nothings.sort_unstable();
    nothings.dedup();
    line("\n[format]".into());
    line(format!("type = {}", quoted(table.found.format)));
    if let Some(delimiter) = table.found.delimiter.as_deref().filter(|_| table.found.format == "csv") {
        line(format!("delimiter = {}", quoted(if delimiter == "tab" { "\t" } else { delimiter })));
    }
    if let Some(encoding) = table.found.encoding {
        line(format!("encoding = {}", quoted(encoding.as_str())));
    }
    if !nothings.is_empty() {
        line(format!("null = {}", list(nothings)));
    }
    if let Some(sheet) = &table.found.sheet {
        line(format!("\n[xlsx]\nsheet = {}", quoted(sheet)));
    }
}

fn case_section(guess: &Guess, source: &str, line: &mut impl FnMut(String)) {
    let Some((at, by)) = &guess.case else { return };
    let column = quoted(guess.name(*at));
    line(format!("\n[case]\ndefinition = {}\nversion = 1\nlabel = {column}", quoted(&format!("{source}-overdose"))));
    line(match by {
        CaseBy::Values(values) => {
            format!("where = [{{ column = {column}, in = {} }}]", list(values.iter().map(String::as_str)))
        }
        CaseBy::Codes => format!(
            "where = [{{ column = {column}, matches = '(?i)^T(3[6-9]|4[0-9]|50)\\.?([0-9A-Z][0-9A-Z][1-4]|[0-9][1-4]X)A?$' }}]"
        ),
    });
}

fn time_section(guess: &Guess, line: &mut impl FnMut(String)) {
    line("\n[time]".into());
    if let Some(zone) = guess.zone {
        line(format!("zone = {}", quoted(&zone.to_string())));
    }
    let Some(when) = &guess.when else {
        line("# Name the column of the time of the occurrence.\noccurred_at = \"?\"".into());
        return;
    };
    let times = |columns: &[usize], t: &super::times::TimesFound| {
        let column = match columns {
            [one] => quoted(guess.name(*one)),
            many => list(many.iter().map(|at| guess.name(*at))),
        };
        let pattern = t.pattern.as_ref().map(|p| format!(", pattern = '{p}'")).unwrap_or_default();
        let formats = if t.formats.is_empty() {
            String::new()
        } else {
            format!(", formats = {}", list(t.formats.iter().map(String::as_str)))
        };
        if pattern.is_empty() && formats.is_empty() {
            column
        } else {
            format!("{{ column = {column}{pattern}{formats} }}")
        }
    };
    line(format!("occurred_at = {}", times(&when.columns, &when.times)));
    for (role, key) in [(Role::Reported, "reported_at"), (Role::Received, "received_at")] {
        if let Some(at) = guess.roles.get(&role)
            && let Some(t) = &guess.profiles[*at].times
        {
            line(format!("{key} = {}", times(&[*at], t)));
        }
    }
    match guess.roles.get(&Role::TimePrecision) {
        Some(at) => line(format!("precision = {}", word(guess, Role::TimePrecision, *at))),
        None if when.times.days => line("precision = \"day\"".into()),
        None => {}
    }
}

fn place_section(guess: &Guess, table: &Table, line: &mut impl FnMut(String)) {
    line("\n[place]".into());
    let keys = [
        (Role::Latitude, "latitude"),
        (Role::Longitude, "longitude"),
        (Role::Address, "address"),
        (Role::Town, "town"),
        (Role::Zip, "zip"),
        (Role::County, "county"),
        (Role::State, "state"),
    ];
    for (role, key) in keys {
        if let Some(at) = guess.roles.get(&role) {
            line(format!("{key} = {}", quoted(guess.name(*at))));
        }
    }
    for (set, key) in [(guess.swapped, "swapped"), (guess.randomised, "randomised")] {
        if set {
            line(format!("{key} = true"));
        }
    }
    let address = guess.roles.get(&Role::Address).map(|at| quoted(guess.name(*at)));
    match (guess.roles.get(&Role::Precision), guess.precision) {
        (Some(at), _) => line(format!("precision = {}", word(guess, Role::Precision, *at))),
        (None, Some(precision)) => line(format!("precision = {}", quoted(precision))),
        (None, None) => {}
    }
    let mut rules = Vec::new();
    if let Some((at, values)) = &guess.centre {
        let (column, values) = (quoted(guess.name(*at)), list(values.iter().map(String::as_str)));
        rules.push(format!("{{ where = [{{ column = {column}, in = {values} }}], precision = \"place\" }}"));
    }
    if let (true, Some("intersection"), Some(address)) = (guess.crossings, guess.precision, &address) {
        rules.push(format!("{{ where = [{{ column = {address}, matches = '^[^&/]*$' }}], precision = \"street\" }}"));
    }
    if !rules.is_empty() {
        line(format!("rules = [{}]", rules.join(", ")));
    }
    if address.is_some() && guess.roles.contains_key(&Role::Latitude) && table.rows.len() >= 1_000 {
        line("\n[place.fallback]\nmin_addresses = 40\nmin_streets = 20".into());
    }
}

/// A column of words and what each value means.
fn word(guess: &Guess, role: Role, at: usize) -> String {
    let p = &guess.profiles[at];
    let name = words::plain(&p.name);
    let yes = |t: &str| matches!(t.to_lowercase().as_str(), "yes" | "y" | "true" | "1" | "1.0");
    let no = |t: &str| matches!(t.to_lowercase().as_str(), "no" | "n" | "false" | "0" | "0.0");
    let survived = name.contains("surviv");
    let meaning = |t: &str| -> Option<&'static str> {
        match role {
            Role::Outcome => words::outcome(t).or_else(|| match (yes(t), no(t)) {
                (true, _) => Some(if survived { "nonfatal" } else { "fatal" }),
                (_, true) => Some(if survived { "fatal" } else { "nonfatal" }),
                _ => None,
            }),
            Role::Naloxone => words::naloxone(t).map(|w| match (w, name.contains("dose")) {
                // Of doses "1" is one; of yes and no it is yes.
                ("single", false) if t == "1" => "given",
                (w, _) => w,
            }),
            Role::Precision => words::precision(t),
            Role::TimePrecision => Some(if t.to_lowercase().contains("report") { "reported_day" } else { "day" }),
            _ => Some(
                if no(t)
                    || !(yes(t)
                        || matches!(
                            t.to_lowercase().as_str(),
                            "deleted" | "void" | "voided" | "withdrawn" | "cancelled" | "removed"
                        ))
                {
                    "no"
                } else {
                    "yes"
                },
            ),
        }
    };
    let pairs: Vec<String> = p
        .values
        .iter()
        .filter_map(|(t, _)| Some(format!("{} = {}", toml_edit::Key::new(t), quoted(meaning(t)?))))
        .collect();
    let default = match role {
        Role::Outcome | Role::Naloxone | Role::Precision if pairs.len() < p.values.len() => ", default = \"unknown\"",
        Role::Withdrawn => ", default = \"no\"",
        _ => "",
    };
    format!("{{ column = {}, map = {{ {} }}{default} }}", quoted(&p.name), pairs.join(", "))
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}

fn list<'t>(items: impl IntoIterator<Item = &'t str>) -> String {
    format!("[{}]", items.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}
