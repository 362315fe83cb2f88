//! What an alert says, in plain words.
//!
//! "Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual. Chance alone would do this about once in
//! 9 months." Counts in figures, chance in time and never as p, place first. The texts are in
//! `messages/`; nothing here builds a sentence from pieces of grammar.

use std::sync::LazyLock;

use crate::domain::{
    alert::Alert,
    event::EventKind,
    language::{Catalogue, Language, counted, expected_text, how_often, number_word, span},
    signal::{Signal, SignalScope},
};

static TEXTS: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(include_str!("messages/en.toml"), include_str!("messages/es.toml"))
        .expect("the message files are compiled in, and a test reads them")
});

/// "Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual".
pub fn headline(alert: &Alert, language: Language) -> String {
    place_and_figures(
        language,
        "headline",
        &alert.place_name,
        alert.kind,
        alert.observed,
        alert.window.len(),
        alert.expected,
    )
}

/// The headline as a sentence, and how often chance alone would do this.
pub fn sentence(alert: &Alert, language: Language) -> String {
    let often = how_often(language, alert.recurrence_interval_days);
    format!("{}. {}", headline(alert, language), TEXTS.say(language, "chance", &[("often", &often)]))
}

/// As [`sentence`], with what the signals behind it add: whether it may be rarer than the number of
/// replications could show, and which other methods and places agree.
pub(super) fn sentence_with(alert: &Alert, told: &Signal, others: &[&Signal], language: Language) -> String {
    let often = how_often(language, alert.recurrence_interval_days);
    // With R replications p cannot be below 1/(R+1): there the interval is a lower bound.
    let at_floor = told.replications.is_some_and(|r| alert.p_value <= 1.000_001 / (f64::from(r) + 1.0));
    let chance = if at_floor && alert.recurrence_interval_days < 3652.0 { "chance_or_less" } else { "chance" };
    let mut parts = vec![format!("{}.", headline(alert, language)), TEXTS.say(language, chance, &[("often", &often)])];
    parts.extend(corroboration(told, others, language));
    parts.join(" ")
}

/// What other signals of the same story add, in sentences.
fn corroboration(told: &Signal, others: &[&Signal], language: Language) -> Vec<String> {
    let same_scope = |s: &&&Signal| s.scope == told.scope && (s.scope == SignalScope::Cells || s.area == told.area);
    let mut methods: Vec<&str> =
        others.iter().filter(same_scope).map(|s| s.method.name.as_str()).chain([told.method.name.as_str()]).collect();
    methods.sort_unstable();
    methods.dedup();
    let mut said = Vec::new();
    match methods.len() {
        0 | 1 => {}
        2 => said.push(TEXTS.say(language, "second_method", &[])),
        n => {
            let number = capitalised(&number_word(language, u32::try_from(n).unwrap_or(u32::MAX)));
            said.push(TEXTS.say(language, "more_methods", &[("number", &number)]));
        }
    }
    // One other place is enough: the largest kind of news is that a whole area or a spot within agrees.
    if let Some(other) = others.iter().find(|s| !same_scope(s) && s.place_name != told.place_name) {
        let figures =
            place_and_figures(language, "figures", "", other.kind, other.observed, other.window.len(), other.expected);
        let key =
            if other.scope == SignalScope::Area && told.scope == SignalScope::Cells { "area_too" } else { "within" };
        said.push(TEXTS.say(language, key, &[("place", &other.place_name), ("figures", &figures)]));
    }
    said
}

/// The end of an alert, in a sentence.
pub fn over(days: i32, language: Language) -> String {
    TEXTS.say(language, "over", &[("days", &days.to_string())])
}

fn place_and_figures(
    language: Language,
    key: &str,
    place: &str,
    kind: EventKind,
    observed: u32,
    days: usize,
    expected: f64,
) -> String {
    let usual = expected_text(language, expected);
    TEXTS.say_n(
        language,
        key,
        &usual,
        &[
            ("place", place),
            ("count", &observed.to_string()),
            ("counted", counted(language, kind, observed)),
            ("span", &span(language, days)),
            ("expected", &usual),
        ],
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
