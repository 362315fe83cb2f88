//! Languages, message files, and numbers as people say them.
//!
//! Every sentence that people read stands in a message file (`messages/en.toml`, `messages/es.toml`
//! beside the code that says it), one flat table of `key = "text with {placeholders}"`. A
//! [`Catalogue`] holds both and fills the placeholders in. Keys ending in `_one` are the singular of
//! the key without it.
//!
//! To add a language: a variant of [`Language`], a file per catalogue, and its line in
//! [`number_word`] and [`how_often`]. A test per catalogue compares keys and placeholders.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{EventKind, text_enum},
    rule::CaseMeasure,
};

text_enum! {
    /// Named by its ISO 639-1 code.
    Language {
        En = "en",
        Es = "es",
    }
}

/// The texts of one module in all languages.
#[derive(Debug)]
pub struct Catalogue {
    english: BTreeMap<String, String>,
    spanish: BTreeMap<String, String>,
}

impl Catalogue {
    /// From the text of the message files.
    ///
    /// # Errors
    /// When a file is not a flat TOML table of texts, or the two do not have the same keys with the
    /// same placeholders.
    pub fn parse(english: &str, spanish: &str) -> Result<Self, String> {
        let read = |name: &str, text: &str| {
            toml::from_str::<BTreeMap<String, String>>(text).map_err(|e| format!("message file {name}: {e}"))
        };
        let catalogue = Self { english: read("en", english)?, spanish: read("es", spanish)? };
        for (key, text) in &catalogue.english {
            match catalogue.spanish.get(key) {
                None => return Err(format!("message file es has no \"{key}\"")),
                Some(other) if placeholders(other) != placeholders(text) => {
                    return Err(format!("\"{key}\" has other placeholders in es than in en"));
                }
                Some(_) => {}
            }
        }
        match catalogue.spanish.keys().find(|key| !catalogue.english.contains_key(*key)) {
            Some(key) => Err(format!("message file en has no \"{key}\"")),
            None => Ok(catalogue),
        }
    }

    /// The text of a key with `{name}` replaced by its value. An unknown key says itself, so a
    /// forgotten text is seen and not silently empty.
    pub fn say(&self, language: Language, key: &str, values: &[(&str, &str)]) -> String {
        let texts = match language {
            Language::En => &self.english,
            Language::Es => &self.spanish,
        };
        texts.get(key).map_or_else(|| key.to_owned(), |text| fill(text, values))
    }

    /// As [`Self::say`], in the singular when the number as it is written is 1.
    pub fn say_n(&self, language: Language, key: &str, written: &str, values: &[(&str, &str)]) -> String {
        if written == "1" || written == number_word(language, 1) {
            self.say(language, &format!("{key}_one"), values)
        } else {
            self.say(language, key, values)
        }
    }
}

/// One pass from left to right, so a value that looks like a placeholder is left alone.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let tail = &rest[open..];
        let known =
            values.iter().find(|(name, _)| tail[1..].strip_prefix(name).is_some_and(|after| after.starts_with('}')));
        match known {
            Some((name, value)) => {
                out.push_str(value);
                rest = &tail[name.len() + 2..];
            }
            None => {
                out.push('{');
                rest = &tail[1..];
            }
        }
    }
    out + rest
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split('{').skip(1).filter_map(|t| t.split_once('}')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Zero to twelve in words, larger numbers in figures.
pub fn number_word(language: Language, n: u32) -> String {
    const ENGLISH: [&str; 13] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const SPANISH: [&str; 13] =
        ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"];
    let words = match language {
        Language::En => ENGLISH,
        Language::Es => SPANISH,
    };
    words.get(n as usize).map_or_else(|| n.to_string(), |w| (*w).to_owned())
}

/// An expected count as people say it: one decimal below ten, none above, never a confident zero.
pub fn expected_text(language: Language, expected: f64) -> String {
    let less = match language {
        Language::En => "fewer than 0.1",
        Language::Es => "menos de 0.1",
    };
    if !expected.is_finite() || expected < 0.05 {
        return less.to_owned();
    }
    if expected >= 9.95 {
        return format!("{expected:.0}");
    }
    let text = format!("{expected:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// How often chance alone gives something, from its recurrence interval in days: "about once in 9 months".
pub fn how_often(language: Language, days: f64) -> String {
    const MONTH: f64 = 365.25 / 12.0;
    let (unit, n) = match days {
        d if d.is_nan() || d < 2.0 => ("day", 1),
        d if d < 20.5 => ("day", d.round() as u32),
        d if d < 58.0 => ("week", (d / 7.0).round() as u32),
        d if d < 700.0 && (d / MONTH).round() as u32 != 12 => ("month", (d / MONTH).round() as u32),
        d if d < 3652.0 => ("year", (d / 365.25).round() as u32),
        _ => ("decade", 1),
    };
    match (language, unit, n) {
        (Language::En, "decade", _) => "less than once in ten years".to_owned(),
        (Language::Es, "decade", _) => "menos de una vez en diez años".to_owned(),
        (Language::En, unit, 1) => format!("about once a {unit}"),
        (Language::En, unit, n) => format!("about once in {n} {unit}s"),
        (Language::Es, unit, n) => {
            let (article, one, many) = match unit {
                "day" => ("al", "día", "días"),
                "week" => ("a la", "semana", "semanas"),
                "month" => ("al", "mes", "meses"),
                _ => ("al", "año", "años"),
            };
            if n == 1 {
                format!("aproximadamente una vez {article} {one}")
            } else {
                format!("aproximadamente una vez cada {n} {many}")
            }
        }
    }
}

/// What is counted, in the singular or plural.
pub fn counted(language: Language, kind: EventKind, measure: CaseMeasure, n: u32) -> &'static str {
    use CaseMeasure::{FatalOverdoses, NonfatalOverdoses, RepeatedNaloxone};
    match (language, measure, n == 1) {
        (_, CaseMeasure::Overdoses, _) => {}
        (Language::En, FatalOverdoses, true) => return "fatal overdose",
        (Language::En, FatalOverdoses, false) => return "fatal overdoses",
        (Language::En, NonfatalOverdoses, true) => return "nonfatal overdose",
        (Language::En, NonfatalOverdoses, false) => return "nonfatal overdoses",
        (Language::En, RepeatedNaloxone, true) => return "overdose with repeated naloxone",
        (Language::En, RepeatedNaloxone, false) => return "overdoses with repeated naloxone",
        (Language::Es, FatalOverdoses, true) => return "sobredosis mortal",
        (Language::Es, FatalOverdoses, false) => return "sobredosis mortales",
        (Language::Es, NonfatalOverdoses, true) => return "sobredosis no mortal",
        (Language::Es, NonfatalOverdoses, false) => return "sobredosis no mortales",
        (Language::Es, RepeatedNaloxone, _) => return "sobredosis con naloxona repetida",
    }
    match (language, kind, n == 1) {
        (Language::En, EventKind::Overdose, true) => "overdose",
        (Language::En, EventKind::Overdose, false) => "overdoses",
        (Language::En, EventKind::Naloxone, true) => "naloxone report",
        (Language::En, EventKind::Naloxone, false) => "naloxone reports",
        (Language::En, EventKind::Outreach, true) => "outreach contact",
        (Language::En, EventKind::Outreach, false) => "outreach contacts",
        (Language::Es, EventKind::Overdose, _) => "sobredosis",
        (Language::Es, EventKind::Naloxone, true) => "reporte de naloxona",
        (Language::Es, EventKind::Naloxone, false) => "reportes de naloxona",
        (Language::Es, EventKind::Outreach, true) => "contacto comunitario",
        (Language::Es, EventKind::Outreach, false) => "contactos comunitarios",
    }
}

/// The length of a window: up to three days in hours, as the field speaks.
pub fn span(language: Language, days: usize) -> String {
    match (language, days) {
        (Language::En, 1..=3) => format!("{} hours", 24 * days),
        (Language::En, n) => format!("{n} days"),
        (Language::Es, 1..=3) => format!("{} horas", 24 * days),
        (Language::Es, n) => format!("{n} días"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_told_in_the_unit_a_person_would_choose() {
        let said = |days| how_often(Language::En, days);
        assert_eq!(said(1.0), "about once a day");
        assert_eq!(said(14.0), "about once in 14 days");
        assert_eq!(said(30.0), "about once in 4 weeks");
        assert_eq!(said(100.0), "about once in 3 months");
        assert_eq!(said(274.0), "about once in 9 months");
        assert_eq!(said(365.0), "about once a year");
        assert_eq!(said(1000.0), "about once in 3 years");
        assert_eq!(said(10_000.0), "less than once in ten years");
        assert_eq!(how_often(Language::Es, 274.0), "aproximadamente una vez cada 9 meses");
        assert_eq!(how_often(Language::Es, 365.0), "aproximadamente una vez al año");
    }

    #[test]
    fn what_is_expected_is_never_a_confident_zero() {
        let said = |x| expected_text(Language::En, x);
        assert_eq!(said(0.0), "fewer than 0.1");
        assert_eq!(said(1.23), "1.2");
        assert_eq!(said(0.98), "1");
        assert_eq!(said(9.97), "10");
        assert_eq!(said(41.4), "41");
    }

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_not_filled_again() {
        let c = Catalogue::parse("a = \"{x} and {y} {z\"", "a = \"{y} y {x}\"").unwrap();
        assert_eq!(c.say(Language::En, "a", &[("x", "{y}"), ("y", "b")]), "{y} and b {z");
        assert_eq!(c.say(Language::Es, "a", &[("x", "1"), ("y", "2")]), "2 y 1");
        assert_eq!(c.say(Language::En, "gone", &[]), "gone");
    }

    #[test]
    fn message_files_must_hold_the_same_keys_and_placeholders() {
        assert!(Catalogue::parse("a = \"x\"", "").unwrap_err().contains("es has no \"a\""));
        assert!(Catalogue::parse("", "a = \"x\"").unwrap_err().contains("en has no \"a\""));
        assert!(Catalogue::parse("a = \"{n}\"", "a = \"{m}\"").unwrap_err().contains("placeholders"));
        assert!(Catalogue::parse("a = 1", "a = \"x\"").is_err());
    }
}
