use super::*;

fn point(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).unwrap()
}

fn house(number: &str, street: &str, town: &str, at: Point) -> RemoteCandidate {
    RemoteCandidate {
        point: at,
        level: RemoteLevel::House,
        house_number: Some(number.into()),
        street: Some(street.into()),
        town: Some(town.into()),
        zip: None,
        confidence: None,
    }
}

fn of_level(level: RemoteLevel, street: Option<&str>) -> RemoteCandidate {
    let street = street.map(str::to_owned);
    RemoteCandidate { level, street, house_number: None, ..house("", "", "Orono", point(44.88, -68.67)) }
}

fn asked(address: &str, town: Option<&str>) -> Asked {
    Asked::of(address, town, None, &is_town).unwrap_or_else(|| panic!("{address} is not asked about"))
}

fn is_town(name: &str) -> bool {
    name.eq_ignore_ascii_case("Orono")
}

/// Judged where every point lies inside.
fn judged(address: &str, town: Option<&str>, candidates: Vec<RemoteCandidate>) -> RemoteVerdict {
    asked(address, town).judge(&RemoteReply { candidates, tied: false }, &|_| Around::Inside)
}

fn found(verdict: RemoteVerdict) -> (Precision, f64) {
    match verdict {
        RemoteVerdict::Found(place) => (place.precision, place.radius_m),
        other => panic!("{other:?}"),
    }
}

const HERE: (f64, f64) = (44.88, -68.67);

#[test]
fn only_the_street_of_an_address_is_sent() {
    for (address, sent) in [
        ("12 Main St Apt 4B, Orono, ME 04473-1234", "12 MAIN ST, ORONO, ME 04473"),
        ("MAIN ST & OAK AVE", "MAIN ST & OAK AVE"),
        ("500 BLK OF ELM ST", "500 ELM ST"),
        ("12 1/2 N Main St #7", "12 1/2 N MAIN ST"),
    ] {
        let question = asked(address, None).question(None, None);
        assert_eq!(question.one_line(), sent, "{address}");
    }
    let question = asked("12 Main St", Some("Orono")).question(Some("ME"), Some("US"));
    assert_eq!(question.one_line(), "12 MAIN ST, Orono, ME");
    assert_eq!(question.country.as_deref(), Some("us"));
}

#[test]
fn what_else_stands_in_the_text_is_not_sent() {
    for text in [
        "JOHN SMITH 12 MAIN ST APT 4",
        "12 MAIN ST CALLER SAYS MALE NOT BREATHING",
        "12 MAIN ST - 34 YO MALE OD",
        "C/O MARY JONES, 12 MAIN ST",
        "12 MAIN ST; patient John Doe dob 1990-01-01",
        "12 MAIN ST, JOHN DOE",
        "12 MAIN ST *CALL 207-555-1234*",
        "12 MAIN ST UNIT B FL 2 RM 204",
    ] {
        let question = Asked::of(text, None, None, &is_town).map(|a| a.question(None, None).one_line());
        assert!(question.is_none_or(|q| q == "12 MAIN ST"), "{text}");
    }
}

#[test]
fn what_names_no_street_is_not_asked_about() {
    for text in ["", "Southgate Mall", "P.O. Box 12, Orono", "I-95 exit 187", "mile 12.5 US Rte 1", "Main St", "Orono"]
    {
        assert!(Asked::of(text, Some("Orono"), None, &is_town).is_none(), "{text}");
    }
}

#[test]
fn the_asked_house_is_believed_and_another_house_stands_for_its_street() {
    let at = point(HERE.0, HERE.1);
    let exact = judged("12 Main Street", Some("ORONO"), vec![house("12", "Main St", "Orono", at)]);
    assert_eq!(found(exact), (Precision::Rooftop, 25.0));
    let other = judged("12 Main Street", Some("Orono"), vec![house("14", "Main St", "Orono", at)]);
    assert_eq!(found(other), (Precision::Street, 800.0));
    let mut between = house("12", "Main St", "Orono", at);
    between.level = RemoteLevel::Interpolated;
    assert_eq!(found(judged("12 Main St", None, vec![between])), (Precision::Range, 150.0));
    let block = judged("500 block of Main St", None, vec![house("500", "Main St", "Orono", at)]);
    assert_eq!(found(block), (Precision::Range, 150.0));
}

#[test]
fn a_slip_in_the_street_widens_the_radius_and_another_street_is_refused() {
    let at = point(HERE.0, HERE.1);
    let slip = judged("12 Mariner Way", None, vec![house("12", "Marinar Way", "Orono", at)]);
    assert_eq!(found(slip), (Precision::Rooftop, 37.5));
    for other in ["Main Ave", "Elm St", "N 2nd St"] {
        let verdict = judged("12 Main St", None, vec![house("12", other, "Orono", at)]);
        assert_eq!(verdict, RemoteVerdict::Refused(RemoteRefusal::OtherStreet), "{other}");
    }
    let verdict = judged("10 10th St", None, vec![house("10", "16th St", "Orono", at)]);
    assert_eq!(verdict, RemoteVerdict::Refused(RemoteRefusal::OtherStreet));
}

#[test]
fn equal_answers_far_apart_are_ambiguous_and_near_ones_are_one_place() {
    let far = vec![
        house("12", "Main St", "Orono", point(44.88, -68.67)),
        house("12", "Main St", "Bangor", point(44.80, -68.77)),
    ];
    let RemoteVerdict::Ambiguous { spread_km: Some(km) } = judged("12 Main St", None, far.clone()) else { panic!() };
    assert!((11.0..13.0).contains(&km), "{km}");
    assert_eq!(found(judged("12 Main St", Some("Orono"), far)).0, Precision::Rooftop, "the town decides");
    let near = vec![
        house("12", "Main St", "Orono", point(44.8800, -68.67)),
        house("12", "Main St", "Orono", point(44.8809, -68.67)),
    ];
    let (precision, radius) = found(judged("12 Main St", Some("Orono"), near));
    assert_eq!(precision, Precision::Range);
    assert!((99.0..102.0).contains(&radius), "{radius}");
    let tie = asked("12 Main St", None).judge(&RemoteReply { candidates: vec![], tied: true }, &|_| Around::Inside);
    assert_eq!(tie, RemoteVerdict::Ambiguous { spread_km: None });
}

#[test]
fn what_lies_outside_is_refused_and_does_not_hide_what_lies_inside() {
    let (inside, outside) = (point(44.88, -68.67), point(45.0, -93.6));
    let around = |p: Point| if p == inside { Around::Inside } else { Around::Outside };
    let reply = |candidates| RemoteReply { candidates, tied: false };
    let asked = asked("12 Main St", Some("Orono"));
    let out = house("12", "Main St", "Orono", outside);
    assert_eq!(asked.judge(&reply(vec![out.clone()]), &around), RemoteVerdict::Refused(RemoteRefusal::Outside));
    let both = reply(vec![out, house("12", "Main St", "Orono", inside)]);
    assert!(matches!(asked.judge(&both, &around), RemoteVerdict::Found(p) if p.point == inside));
    assert_eq!(asked.judge(&reply(vec![]), &around), RemoteVerdict::Nothing);
}

#[test]
fn another_town_is_refused_unless_town_or_zip_of_the_service_agree() {
    let at = point(HERE.0, HERE.1);
    let verdict = |asked: &Asked, c: RemoteCandidate, around: Around| {
        asked.judge(&RemoteReply { candidates: vec![c], tied: false }, &|_| around)
    };
    let refused = RemoteVerdict::Refused(RemoteRefusal::OtherTown);
    let by_town = asked("12 Main St", Some("Orono"));
    assert_eq!(verdict(&by_town, house("12", "Main St", "Bangor", at), Around::Inside), refused);
    assert!(matches!(
        verdict(&by_town, house("12", "Main St", "Stillwater", at), Around::InTown),
        RemoteVerdict::Found(_)
    ));
    let unnamed = RemoteCandidate { town: None, ..house("12", "Main St", "", at) };
    assert_eq!(verdict(&by_town, unnamed.clone(), Around::OtherTown), refused);
    assert!(matches!(verdict(&by_town, unnamed.clone(), Around::Inside), RemoteVerdict::Found(_)));
    let mail = house("12", "Main St", "Town of Orono", at);
    assert!(matches!(verdict(&by_town, mail, Around::OtherTown), RemoteVerdict::Found(_)));
    let by_zip = Asked::of("12 Main St", None, Some("04473"), &is_town).unwrap();
    let zip = |z: &str| RemoteCandidate { zip: Some(z.into()), ..unnamed.clone() };
    assert!(matches!(verdict(&by_zip, zip("04473-0001"), Around::Inside), RemoteVerdict::Found(_)));
    assert_eq!(verdict(&by_zip, zip("04401"), Around::Inside), refused);
}

#[test]
fn a_crossing_is_believed_only_with_both_its_streets() {
    let crossing = |names| of_level(RemoteLevel::Crossing, Some(names));
    let ask = |c| judged("Oak Ave and Main St", Some("Orono"), vec![c]);
    assert_eq!(found(ask(crossing("Main Street & Oak Avenue"))), (Precision::Intersection, 50.0));
    assert_eq!(ask(crossing("Main St & Elm St")), RemoteVerdict::Refused(RemoteRefusal::OtherStreet));
    assert_eq!(found(ask(of_level(RemoteLevel::Street, Some("Main St")))), (Precision::Street, 800.0));
    let at = point(HERE.0, HERE.1);
    assert_eq!(ask(house("3", "Main St", "Orono", at)), RemoteVerdict::Refused(RemoteRefusal::OtherStreet));
}

#[test]
fn towns_and_larger_answers_say_no_more_than_the_named_town() {
    let ask = |level| judged("12 Main St", Some("Orono"), vec![of_level(level, None)]);
    assert_eq!(found(ask(RemoteLevel::Town)).0, Precision::Place);
    for level in [RemoteLevel::Larger, RemoteLevel::Zip] {
        assert_eq!(ask(level), RemoteVerdict::Refused(RemoteRefusal::TooCoarse));
    }
    assert_eq!(ask(RemoteLevel::Venue), RemoteVerdict::Refused(RemoteRefusal::OtherStreet));
}
