//! What an alert says, in plain words.
//!
//! "Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual. Chance alone would do this about once in
//! 9 months." Counts in figures, chance in time and never as p, place first. The texts are in
//! `messages/`; nothing here builds a sentence from pieces of grammar.

use std::sync::LazyLock;

use crate::domain::{
    alert::Alert,
    language::{Catalogue, Language, counted, expected_text, how_often, number_word, span},
    signal::{Signal, SignalScope},
};

static TEXTS: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(include_str!("messages/en.toml"), include_str!("messages/es.toml"))
        .expect("the message files are compiled in, and a test reads them")
});

/// "Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual".
pub fn headline(alert: &Alert, language: Language) -> String {
    let counted = counted(language, alert.kind, alert.measure, alert.observed);
    let figures = Figures { counted, observed: alert.observed, days: alert.window.len(), expected: alert.expected };
    figures.say(language, "headline", &alert.place_name)
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
        let counted = counted(language, other.kind, other.measure, other.observed);
        let (observed, days, expected) = (other.observed, other.window.len(), other.expected);
        let figures = Figures { counted, observed, days, expected }.say(language, "figures", "");
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

/// "6 overdoses in 72 hours; 1.2 are usual", with or without its place.
struct Figures {
    counted: &'static str,
    observed: u32,
    days: usize,
    expected: f64,
}

impl Figures {
    fn say(&self, language: Language, key: &str, place: &str) -> String {
        let usual = expected_text(language, self.expected);
        TEXTS.say_n(
            language,
            key,
            &usual,
            &[
                ("place", place),
                ("count", &self.observed.to_string()),
                ("counted", self.counted),
                ("span", &span(language, self.days)),
                ("expected", &usual),
            ],
        )
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
