//! Who is owed contact, and what contacts make of it.

use super::*;

#[test]
fn an_overdose_that_was_survived_is_owed_contact_within_three_days() {
    let due = owed();
    assert_eq!(due.due_by, fact(1, 1, 1).occurred_at + Duration::hours(72));
    assert_eq!(due.place_name, "Bangor");
    assert_eq!(
        due.what,
        "A person survived an overdose in Bangor. Phone or text first; visit only with consent. Due within 72 hours."
    );
    assert_eq!(due.id, owed().id, "the id depends on the event alone");
}

#[test]
fn only_recent_survived_overdoses_open_a_follow_up() {
    let open = |f: EventFact| {
        let jurisdiction = JurisdictionId::new("me").unwrap();
        follow_ups(&[f], &BTreeSet::new(), &areas(), &jurisdiction, &FollowUpOptions::default(), Language::En, now())
            .len()
    };
    assert_eq!(open(fact(1, 1, 1)), 1);
    for outcome in [Outcome::Fatal, Outcome::SuspectedFatal, Outcome::Unknown] {
        assert_eq!(open(EventFact { outcome, ..fact(1, 1, 1) }), 0, "{outcome}");
    }
    for kind in [EventKind::Naloxone, EventKind::Outreach] {
        assert_eq!(open(EventFact { kind, ..fact(1, 1, 1) }), 0, "{kind}");
    }
    assert_eq!(open(fact(1, 1, 15)), 0, "history is not work");
}

#[test]
fn a_late_report_leaves_a_day_and_two_reports_of_one_incident_open_one_follow_up() {
    let incident = Some(IncidentId::derived(&["i"]));
    let late = EventFact { received_at: now(), incident, ..fact(1, 1, 6) };
    let jurisdiction = JurisdictionId::new("me").unwrap();
    let twin = EventFact { incident, ..fact(2, 1, 6) };
    let open = |facts: &[EventFact], known: &[EventId]| {
        let known = known.iter().copied().collect();
        follow_ups(facts, &known, &areas(), &jurisdiction, &FollowUpOptions::default(), Language::En, now())
    };
    let opened = open(&[late.clone(), twin.clone()], &[]);
    assert_eq!(opened.len(), 1);
    let alone = open(std::slice::from_ref(&late), &[]);
    assert_eq!(alone[0].due_by, now() + Duration::hours(24));
    assert_eq!(alone[0].id, opened[0].id);
    // The first was followed up before the second came and they were linked.
    assert_eq!(open(&[late.clone(), twin], &[late.id]), []);
}

#[test]
fn contacts_move_a_follow_up_through_its_states() {
    let options = FollowUpOptions::default();
    let log = |f: &FollowUp, contacted, consent, hours: i64| {
        let at = f.opened_at + Duration::hours(hours);
        let contact = Encounter { follow_up: Some(f.id), contacted, consent, at, ..contact(1, 0, 0) };
        log_contact(f, &contact, &options)
    };
    let due = owed();
    let tried = log(&due, Contacted::Nobody, false, 2).unwrap();
    assert_eq!((tried.state, tried.attempts), (FollowUpState::Attempted, 1));
    assert_eq!(log(&tried, Contacted::Survivor, true, 5).unwrap().state, FollowUpState::Reached);
    let family = log(&tried, Contacted::Family, true, 5).unwrap();
    assert_eq!(family.state, FollowUpState::Attempted, "family is not the survivor");
    assert_eq!(log(&family, Contacted::Nobody, false, 10).unwrap().state, FollowUpState::Attempted);
    assert_eq!(log(&family, Contacted::Nobody, false, 80).unwrap().state, FollowUpState::Lost);

    let declined = log(&due, Contacted::Survivor, false, 2).unwrap();
    assert_eq!(declined.state, FollowUpState::Declined);
    assert_eq!(log(&declined, Contacted::Nobody, false, 5), Err(ContactError::Declined));
    assert_eq!(log(&declined, Contacted::Survivor, true, 5).unwrap().state, FollowUpState::Reached);
}

#[test]
fn a_contact_of_another_follow_up_or_from_before_is_refused() {
    let due = owed();
    let options = FollowUpOptions::default();
    let other = Encounter { follow_up: Some(FollowUpId::derived(&["other"])), ..contact(1, 0, 0) };
    assert_eq!(log_contact(&due, &other, &options), Err(ContactError::OtherFollowUp));
    let early = Encounter { follow_up: Some(due.id), ..contact(1, 9, 0) };
    assert_eq!(log_contact(&due, &early, &options), Err(ContactError::BeforeOpened));
}
