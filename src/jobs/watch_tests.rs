//! What is said of a silent feed to whom.

use super::*;

fn watch() -> Watch {
    let gap = DataGap {
        id: GapId::derived(&["one"]),
        source: "police".parse().unwrap(),
        source_name: "Bangor Police".into(),
        kind: GapKind::Silent,
        since: "2025-11-18T09:10:00Z".parse().unwrap(),
        noticed_at: "2025-11-20T09:10:00Z".parse().unwrap(),
        closed_at: None,
        usual_per_day: Some(6.0),
        events: 0,
        areas: vec!["penobscot".parse().unwrap()],
    };
    Watch { gaps: vec![gap], ..Watch::default() }
}

#[test]
fn only_areas_that_get_much_from_a_silent_feed_wait_for_it() {
    let zone = "America/New_York".parse().unwrap();
    let moment = Moment { today: "2025-11-20".parse().unwrap(), now: "2025-11-20T12:00:00Z".parse().unwrap(), zone };
    let (near, far): (AreaId, AreaId) = ("penobscot".parse().unwrap(), "york".parse().unwrap());
    assert_eq!(watch().waits_for(&near), ["Bangor Police"]);
    assert_eq!(watch().waits_for(&far), Vec::<String>::new());
    assert_eq!(
        watch().caveats(Some(&near), moment),
        ["Bangor Police: nothing since Tue 18 Nov 04:10; what it would have told is missing here."]
    );
    assert_eq!(watch().waiting(moment), BTreeMap::from([(near, "2025-11-18".parse().unwrap())]));
}
