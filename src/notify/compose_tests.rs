//! What a message says, and who gets one.

use super::*;
use crate::{
    disclosure::for_recipient,
    domain::{
        alert::AlertState,
        area::AreaKind,
        event::EventKind,
        ids::{AlertId, SubscriptionId},
        place::{Point, Precision},
        quality::DataAge,
        time::{Day, DayRange},
    },
};

fn id(text: &str) -> AreaId {
    AreaId::new(text).unwrap()
}

fn areas() -> Vec<Area> {
    [("Maine", None), ("Penobscot", Some("maine")), ("Bangor", Some("penobscot")), ("York", Some("maine"))]
        .map(|(name, parent)| Area {
            id: AreaId::slugify(name).unwrap(),
            parent: parent.map(id),
            kind: AreaKind::Other,
            name: name.into(),
            centre: Point::new(44.8, -68.8).unwrap(),
            bbox: [-70.0, 43.0, -68.0, 45.0],
            population: None,
            population_year: None,
        })
        .to_vec()
}

fn now() -> DateTime<Utc> {
    "2026-03-01T06:00:00Z".parse().unwrap()
}

fn news(news: News) -> AlertNews {
    let today = Day::of(now(), Zone::UTC);
    let headline = "Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual";
    let house = Point::new(44.8012, -68.7778).unwrap();
    let alert = Alert {
        id: AlertId::derived(&["a"]),
        version: 3,
        tier: Tier::Alert,
        state: AlertState::Open,
        rule: "clusters-alert".into(),
        kind: EventKind::Overdose,
        measure: crate::domain::rule::CaseMeasure::Overdoses,
        headline: headline.into(),
        sentence: format!("{headline}. Chance alone would do this about once in 9 months."),
        place_name: "Downtown Bangor".into(),
        area: Some(id("bangor")),
        cells: vec![house.cell(Precision::Rooftop.finest_resolution().unwrap())],
        centre: Some(house),
        radius_km: Some(0.5),
        window: DayRange::ending(today, 3),
        observed: 6,
        expected: 1.2,
        expected_range: [0.0, 4.0],
        p_value: 0.004,
        recurrence_interval_days: 274.0,
        peak_recurrence_interval_days: 274.0,
        first_signalled: today,
        last_signalled: today,
        signals: vec![],
        caveats: vec!["Two of the six share one address.".into()],
        told_observed: 6,
        told_expected: 1.2,
        turn: crate::domain::course::Turn::New,
        raised_at: now(),
        updated_at: now(),
    };
    AlertNews {
        alert,
        news,
        data: DataAge {
            as_of: Some(today),
            computed_at: Some(now()),
            newest_event_at: Some(now()),
            last_received_at: Some(now()),
            silent_sources: vec![],
            gaps: vec![],
        },
        record: None,
    }
}

fn subscription(name: &str, channel: Channel, area: Option<&str>) -> Subscription {
    Subscription {
        id: SubscriptionId::derived(&[name]),
        channel,
        target: format!("{name}@example.org"),
        secret: None,
        area: area.map(id),
        min_tier: Tier::Watch,
    }
}

fn composer(language: Language, replaced: Vec<(String, String)>) -> Result<Composer, BadTemplate> {
    let settings = ComposeSettings {
        language,
        zone: "America/New_York".parse().unwrap(),
        public_url: Some("https://ember.example.org/".into()),
    };
    Composer::new(settings, replaced)
}

fn written(told: AlertNews, subscriptions: &[Subscription]) -> Vec<OutboxMessage> {
    let released = for_recipient(told).unwrap();
    composer(Language::En, vec![]).unwrap().compose(&released, subscriptions, &areas(), now())
}

#[test]
fn an_e_mail_reads_well_in_plain_text() {
    let told = AlertNews {
        record: Some(RuleRecord {
            name: "clusters-alert".into(),
            sent: 12,
            confirmed: 7,
            dismissed: 2,
            dismissed_for: Vec::new(),
            median_hours_to_acknowledge: Some(1.5),
        }),
        ..news(News::Raised)
    };
    let mails = written(told, &[subscription("a", Channel::Email, Some("penobscot"))]);
    assert_eq!(mails[0].subject, "Alert: Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual");
    let link = format!("https://ember.example.org/alerts/{}", AlertId::derived(&["a"]));
    let expected = format!(
        "Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual. Chance alone would do this about once in 9 months.

Where:       Downtown Bangor, Bangor
When:        2026-02-27 to 2026-03-01
Usual range: 0 to 4 over such a time
This rule:   clusters-alert: 12 sent, 7 confirmed, 2 dismissed
Data up to:  2026-03-01 01:00 EST
Careful:     Two of the six share one address.

Evidence, map, and what was done: {link}

--
Emberwatch. You are told because you asked for alerts in Penobscot.
Counts here are not public: please do not pass them on."
    );
    assert_eq!(mails[0].body.trim_end(), expected);
}

#[test]
fn every_news_is_written_in_both_languages() {
    for &language in Language::ALL {
        let composer = composer(language, vec![]).unwrap();
        let texts: std::collections::BTreeSet<String> = News::ALL
            .iter()
            .map(|n| {
                let released = for_recipient(news(*n)).unwrap();
                let subscriptions = [subscription("a", Channel::Email, None)];
                let message = composer.compose(&released, &subscriptions, &areas(), now()).remove(0);
                assert!(message.body.contains("https://ember.example.org/alerts/"), "{}", message.body);
                message.subject + &message.body
            })
            .collect();
        assert_eq!(texts.len(), News::ALL.len());
    }
}

#[test]
fn the_watch_tier_is_never_pushed() {
    let mut told = news(News::Raised);
    told.alert.tier = Tier::Watch;
    assert_eq!(written(told, &[subscription("a", Channel::Email, None)]), []);
}

#[test]
fn a_subscription_hears_of_its_own_area_only() {
    let subscriptions = [None, Some("maine"), Some("penobscot"), Some("bangor"), Some("york")]
        .map(|area| subscription(area.unwrap_or("all"), Channel::Email, area));
    let targets: Vec<String> = written(news(News::Raised), &subscriptions).into_iter().map(|m| m.target).collect();
    assert_eq!(targets, ["all", "maine", "penobscot", "bangor"].map(|n| format!("{n}@example.org")));
}

#[test]
fn the_id_of_a_message_depends_on_alert_version_news_and_subscription() {
    let a = subscription("a", Channel::Email, None);
    let id_of = |told: AlertNews, s: &Subscription| written(told, std::slice::from_ref(s))[0].id;
    let first = id_of(news(News::Raised), &a);
    assert_eq!(first, id_of(news(News::Raised), &a));
    let mut next = news(News::Raised);
    next.alert.version = 4;
    let others = [
        id_of(next, &a),
        id_of(news(News::Grown), &a),
        id_of(news(News::Raised), &subscription("b", Channel::Email, None)),
    ];
    assert!(others.iter().all(|o| *o != first));
}

#[test]
fn a_webhook_carries_the_alert_without_the_place_of_an_event() {
    let mails = written(news(News::Raised), &[subscription("a", Channel::Webhook, None)]);
    let body: serde_json::Value = serde_json::from_str(&mails[0].body).unwrap();
    assert_eq!(body["type"], "alert.raised");
    assert_eq!(body["data"]["alert"]["observed"], 6);
    let house = news(News::Raised).alert;
    assert!(!mails[0].body.contains(&house.cells[0].to_string()), "a cell as fine as a house");
    assert!(!mails[0].body.contains("-68.7778"), "the point of the cluster's centre");
}

#[test]
fn a_place_name_cannot_add_lines_to_a_message() {
    let mut told = news(News::Raised);
    told.alert.headline = "Bangor\r\nBcc: all@example.org: 6".into();
    let mails = written(told, &[subscription("a", Channel::Email, None)]);
    assert_eq!(mails[0].subject, "Alert: Bangor Bcc: all@example.org: 6");
}

#[test]
fn an_agency_may_write_its_own_text_and_hears_where_it_is_wrong() {
    let own = |text: &str| composer(Language::En, vec![("alert.en.txt".into(), text.into())]);
    let released = for_recipient(news(News::Raised)).unwrap();
    let subscriptions = [subscription("a", Channel::Email, None)];
    let body = own("Go to {{ place }}!").unwrap().compose(&released, &subscriptions, &areas(), now())[0].body.clone();
    assert_eq!(body, "Go to Downtown Bangor!");
    let wrong = own("fine\n{{ palce }}").unwrap_err();
    assert_eq!((wrong.name.as_str(), wrong.line), ("alert.en.txt", 2));
    assert!(own("{% if %}").is_err());
    assert!(composer(Language::En, vec![("other.txt".into(), String::new())]).is_err());
}
