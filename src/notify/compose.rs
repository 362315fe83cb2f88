//! Messages from news: which subscriptions hear about it, and in what words.
//!
//! Only a [`Released`] alert can be written about, so what a message holds was decided in
//! `disclosure`. E-mails are plain text from `templates/`, which an agency may replace; webhooks are
//! JSON in the shape of Standard Webhooks (`type`, `timestamp`, `data`).

use chrono::{DateTime, Utc};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, context};
use thiserror::Error;

use crate::{
    disclosure::Released,
    domain::{
        alert::{Alert, AlertNews, News, RuleRecord, Tier},
        area::{Area, AreaTree},
        ids::{AreaId, MessageId},
        language::Language,
        message::{Channel, MessageState, OutboxMessage, Subscription},
        time::Zone,
    },
};

const TEMPLATES: [(Language, &str, &str); 2] = [
    (Language::En, "alert.en.txt", include_str!("templates/alert.en.txt")),
    (Language::Es, "alert.es.txt", include_str!("templates/alert.es.txt")),
];

/// Before the name of an agency's own template; the built-in one stays behind it.
const OWN: &str = "own/";

/// How messages are written.
#[derive(Debug, Clone)]
pub struct ComposeSettings {
    pub language: Language,
    /// Times are told in this zone.
    pub zone: Zone,
    /// Where the web app answers, for links (`https://emberwatch.example.org`); without it there are none.
    pub public_url: Option<String>,
}

/// A replaced template that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("mail template {name}, line {line}: {why}")]
pub struct BadTemplate {
    pub name: String,
    pub line: usize,
    pub why: String,
}

/// Writes messages.
#[derive(Debug)]
pub struct Composer {
    templates: Environment<'static>,
    settings: ComposeSettings,
}

impl Composer {
    /// With the built-in templates; `replaced` are (name, text) of an agency's own, by the names in
    /// `templates/`.
    ///
    /// # Errors
    /// When a replaced template is not one we know, or cannot be read.
    pub fn new(settings: ComposeSettings, replaced: Vec<(String, String)>) -> Result<Self, BadTemplate> {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|_| AutoEscape::None);
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        for (_, name, text) in TEMPLATES {
            templates.add_template(name, text).map_err(|e| bad(name, &e))?;
        }
        for (name, text) in replaced {
            if !TEMPLATES.iter().any(|(_, known, _)| *known == name) {
                let names = TEMPLATES.map(|(_, name, _)| name).join(", ");
                return Err(BadTemplate { name, line: 1, why: format!("no such template; expected one of {names}") });
            }
            let own = format!("{OWN}{name}");
            templates.add_template_owned(own.clone(), text).map_err(|e| bad(&name, &e))?;
            for news in News::ALL {
                let tried = templates.get_template(&own).and_then(|t| t.render(Letter::sample(*news).values()));
                tried.map_err(|e| bad(&name, &e))?;
            }
        }
        Ok(Self { templates, settings })
    }

    /// One message per subscription that asked to hear of this. Nothing for the watch tier.
    pub fn compose(
        &self,
        news: &Released<AlertNews>,
        subscriptions: &[Subscription],
        areas: &[Area],
        now: DateTime<Utc>,
    ) -> Vec<OutboxMessage> {
        let told = news.get();
        if told.alert.tier < Tier::Alert {
            return Vec::new();
        }
        let tree = AreaTree::new(areas);
        subscriptions
            .iter()
            .filter(|s| wants(s, &told.alert, &tree))
            .map(|s| {
                let body = match s.channel {
                    Channel::Email => self.letter(told, s, &tree),
                    Channel::Webhook => self.payload(told, now),
                };
                OutboxMessage {
                    id: MessageId::derived(&[
                        &told.alert.id.to_string(),
                        &told.alert.version.to_string(),
                        told.news.as_str(),
                        &s.id.to_string(),
                    ]),
                    alert: Some(told.alert.id),
                    channel: s.channel,
                    target: s.target.clone(),
                    secret: s.secret.clone(),
                    subject: self.subject(told),
                    body,
                    state: MessageState::Waiting,
                    attempts: 0,
                    next_attempt_at: now,
                    created_at: now,
                    last_error: None,
                }
            })
            .collect()
    }

    fn subject(&self, told: &AlertNews) -> String {
        let (headline, place) = (one_line(&told.alert.headline), one_line(&told.alert.place_name));
        match (self.settings.language, told.news) {
            (Language::En, News::Raised) => format!("Alert: {headline}"),
            (Language::En, News::Escalated) => format!("Now an alert: {headline}"),
            (Language::En, News::Grown) => format!("Growing: {headline}"),
            (Language::En, News::Moved) => format!("Moved: {headline}"),
            (Language::En, News::Over) => format!("Over: {place}"),
            (Language::Es, News::Raised) => format!("Alerta: {headline}"),
            (Language::Es, News::Escalated) => format!("Pasa a alerta: {headline}"),
            (Language::Es, News::Grown) => format!("Crece: {headline}"),
            (Language::Es, News::Moved) => format!("Se ha movido: {headline}"),
            (Language::Es, News::Over) => format!("Terminado: {place}"),
        }
    }

    /// The e-mail's text. An agency's own template that fails must not cost the alert: then the
    /// built-in one is used, and the fault is logged.
    fn letter(&self, told: &AlertNews, subscription: &Subscription, tree: &AreaTree) -> String {
        let letter = Letter::new(told, subscription, tree, self.settings.zone, self.link(&told.alert));
        let name = TEMPLATES
            .iter()
            .find(|(language, ..)| *language == self.settings.language)
            .map_or(TEMPLATES[0].1, |(_, name, _)| name);
        let render = |name: &str| self.templates.get_template(name).and_then(|t| t.render(letter.values()));
        match render(&format!("{OWN}{name}")) {
            Ok(text) => return text,
            Err(e) if e.kind() == ErrorKind::TemplateNotFound => {}
            Err(e) => tracing::error!("{}; the built-in template was used", bad(name, &e)),
        }
        render(name).unwrap_or_else(|e| {
            tracing::error!("{}", bad(name, &e));
            format!("{}\n\n{}\n", letter.sentence, letter.url.as_deref().unwrap_or_default())
        })
    }

    /// The body of a webhook. Its fields are the alert's, as the API gives them.
    fn payload(&self, told: &AlertNews, now: DateTime<Utc>) -> String {
        serde_json::json!({
            "type": format!("alert.{}", told.news),
            "timestamp": now,
            "data": {
                "news": told.news,
                "alert": told.alert,
                "rule": told.record,
                "url": self.link(&told.alert),
                "data": told.data,
            },
        })
        .to_string()
    }

    fn link(&self, alert: &Alert) -> Option<String> {
        self.settings.public_url.as_ref().map(|base| format!("{}/alerts/{}", base.trim_end_matches('/'), alert.id))
    }
}

/// What a template may say. Every text is one line.
#[derive(Debug, Default)]
struct Letter {
    news: &'static str,
    place: String,
    headline: String,
    /// The headline without its place.
    figures: String,
    sentence: String,
    area: Option<String>,
    from: String,
    to: String,
    low: String,
    high: String,
    last_signalled: String,
    record: Option<RuleRecord>,
    newest: Option<String>,
    silent: Vec<String>,
    caveats: Vec<String>,
    url: Option<String>,
    subscribed_area: Option<String>,
}

impl Letter {
    fn new(told: &AlertNews, subscription: &Subscription, tree: &AreaTree, zone: Zone, url: Option<String>) -> Self {
        let alert = &told.alert;
        let name_of = |id: &AreaId| tree.get(id).map(|a| one_line(&a.name));
        let figures = alert.headline.strip_prefix(&format!("{}: ", alert.place_name)).unwrap_or(&alert.headline);
        let newest = told.data.newest_event_at.map(|t| t.with_timezone(&zone.0));
        Self {
            news: told.news.as_str(),
            place: one_line(&alert.place_name),
            headline: one_line(&alert.headline),
            figures: one_line(figures),
            sentence: one_line(&alert.sentence),
            area: alert.area.as_ref().and_then(name_of),
            from: alert.window.from.to_string(),
            to: alert.window.to.to_string(),
            low: format!("{:.0}", alert.expected_range[0]),
            high: format!("{:.0}", alert.expected_range[1]),
            last_signalled: alert.last_signalled.to_string(),
            record: told.record.clone().filter(|r| r.sent > 0),
            newest: newest.map(|t| t.format("%Y-%m-%d %H:%M %Z").to_string()),
            silent: told.data.silent_sources.iter().map(|s| one_line(s)).collect(),
            caveats: alert.caveats.iter().map(|c| one_line(c)).collect(),
            url,
            subscribed_area: subscription.area.as_ref().and_then(name_of),
        }
    }

    /// Something in every field, to try a template on.
    fn sample(news: News) -> Self {
        let some = || Some("sample".to_owned());
        let record = RuleRecord {
            name: "sample".to_owned(),
            sent: 1,
            confirmed: 1,
            dismissed: 0,
            dismissed_for: Vec::new(),
            median_hours_to_acknowledge: Some(1.0),
        };
        Self {
            news: news.as_str(),
            area: some(),
            record: Some(record),
            newest: some(),
            silent: vec!["sample".to_owned()],
            caveats: vec!["sample".to_owned()],
            url: some(),
            subscribed_area: some(),
            ..Self::default()
        }
    }

    fn values(&self) -> minijinja::Value {
        let record = self.record.as_ref().map(|r| {
            context! { name => r.name.clone(), sent => r.sent, confirmed => r.confirmed, dismissed => r.dismissed }
        });
        context! {
            news => self.news,
            place => self.place.clone(),
            headline => self.headline.clone(),
            figures => self.figures.clone(),
            sentence => self.sentence.clone(),
            area => self.area.clone(),
            from => self.from.clone(),
            to => self.to.clone(),
            low => self.low.clone(),
            high => self.high.clone(),
            last_signalled => self.last_signalled.clone(),
            record => record,
            newest => self.newest.clone(),
            silent => self.silent.clone(),
            caveats => self.caveats.clone(),
            url => self.url.clone(),
            subscribed_area => self.subscribed_area.clone(),
        }
    }
}

fn bad(name: &str, error: &minijinja::Error) -> BadTemplate {
    BadTemplate {
        name: name.to_owned(),
        line: error.line().unwrap_or(1),
        why: error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
    }
}

/// Whether a subscription asked to hear of an alert: its tier, and its area or one below it.
fn wants(subscription: &Subscription, alert: &Alert, tree: &AreaTree) -> bool {
    alert.tier >= subscription.min_tier
        && subscription
            .area
            .as_ref()
            .is_none_or(|wished| alert.area.as_ref().is_some_and(|area| tree.contains(wished, area)))
}

/// Text from outside, as one line: a place's name must not be able to add a header or a paragraph.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
