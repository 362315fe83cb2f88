//! What holds of any signals.

use super::*;

fn any_signal() -> impl Strategy<Value = Signal> {
    let place = prop_oneof![
        (0..12i32, 0..3i32).prop_map(|(from, more)| cluster(from, from + more)),
        (prop_oneof![Just("bangor"), Just("penobscot"), Just("maine"), Just("york")], 3..20u32)
            .prop_map(|(area, n)| spike(area, n, 1.5)),
    ];
    (place, 10.0..2000.0f64, 2..20u32, 0..2u8).prop_map(|(signal, days, n, method)| {
        let mut signal = cases(rarity(signal, days), n);
        signal.method.name = format!("{}-{method}", signal.method.name);
        signal.id = SignalId::derived(&[&signal.id.to_string(), &method.to_string()]);
        signal
    })
}

proptest! {
    #[test]
    fn a_second_run_on_the_same_day_changes_nothing(
        days in prop::collection::vec(prop::collection::vec(any_signal(), 0..6), 1..6),
        dismissed in prop::collection::vec(any::<bool>(), 6),
    ) {
        let mut open: Vec<Alert> = Vec::new();
        for (day, signals) in (0i32..).zip(days) {
            let mut signals: Vec<Signal> = signals.into_iter().map(|s| later(s, day)).collect();
            signals.sort_by_key(|s| s.id);
            signals.dedup_by_key(|s| s.id);
            let first = run(&open, &signals, day);
            open = stored(&open, &first);
            prop_assert_eq!(run(&open, &signals, day), vec![]);
            // Nor does it after a person decided in between.
            if dismissed[day as usize] && let Some(alert) = open.iter_mut().find(|a| a.state == AlertState::Open) {
                *alert = alert.decide(DecisionKind::Dismiss, Some(DismissReason::Chance), alert.version, instant(day)).unwrap();
            }
            prop_assert_eq!(run(&open, &signals, day), vec![]);
        }
    }

    #[test]
    fn the_order_of_signals_and_alerts_does_not_matter(
        before in prop::collection::vec(any_signal(), 0..6),
        after in prop::collection::vec(any_signal(), 0..6),
    ) {
        let unique = |mut s: Vec<Signal>| { s.sort_by_key(|s| s.id); s.dedup_by_key(|s| s.id); s };
        let before = unique(before);
        let open = stored(&[], &run(&[], &before, 0));
        let after = unique(after.into_iter().map(|s| later(s, 1)).collect());
        let (mut turned_open, mut turned) = (open.clone(), after.clone());
        turned_open.reverse();
        turned.reverse();
        prop_assert_eq!(run(&open, &after, 1), run(&turned_open, &turned, 1));
    }

    #[test]
    fn every_signal_that_speaks_ends_in_exactly_one_alert(signals in prop::collection::vec(any_signal(), 0..8)) {
        let mut signals = signals;
        signals.sort_by_key(|s| s.id);
        signals.dedup_by_key(|s| s.id);
        let changes = run(&[], &signals, 0);
        for signal in &signals {
            let homes = changes.iter().filter(|c| c.alert.signals.contains(&signal.id)).count();
            let speaks = policy().rule_for(signal).is_some();
            prop_assert_eq!(homes, usize::from(speaks));
        }
    }
}
