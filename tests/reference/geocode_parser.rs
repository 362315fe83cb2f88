//! Hand-labelled US addresses (the public sets of the `usaddress` project).
//!
//! The set of 687 labels a street as a whole (its directions and types are `StreetName`), so it is compared so; the
//! messiest set is compared label by label, as it is. Its authors call a direction behind a street a
//! `StreetNamePreDirectional`, which the standard and their other sets do not: those count as wrong here.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use emberwatch::geocode::parse::label;

use crate::data;

/// A text and its labels, each with the bytes that it covers.
type Labelled = (String, Vec<(usize, usize, String)>);

fn read(xml: &str) -> Vec<Labelled> {
    let address = |part: &str| {
        let (mut text, mut labels, mut open) = (String::new(), Vec::new(), None);
        let mut rest = part;
        while let Some(at) = rest.find('<') {
            text.push_str(&unescaped(&rest[..at]));
            let end = rest[at..].find('>').unwrap() + at;
            match rest[at + 1..end].strip_prefix('/') {
                Some(name) => labels.push((open.take().unwrap(), text.len(), name.to_owned())),
                None => open = Some(text.len()),
            }
            rest = &rest[end + 1..];
        }
        (text, labels)
    };
    xml.split("<AddressString>").skip(1).map(|a| address(a.split("</AddressString>").next().unwrap())).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&#8212;", "—").replace("&#38;", "&").replace("&amp;", "&")
}

fn whole(label: &str) -> &str {
    if label.starts_with("StreetName") {
        "StreetName"
    } else if label.starts_with("AddressNumber") {
        "AddressNumber"
    } else {
        label
    }
}

struct Score {
    addresses: usize,
    right: usize,
    words: usize,
    words_right: usize,
}

fn score(set: &[Labelled], reading: fn(&str) -> &str) -> Score {
    let mut score = Score { addresses: set.len(), right: 0, words: 0, words_right: 0 };
    for (text, labels) in set {
        let ours = label(text);
        let mut all = true;
        for (start, end, truth) in labels {
            let says = |c: char| c.is_alphanumeric() || matches!(c, '#' | '&');
            let at = text[*start..*end].find(says).map_or(*start, |i| start + i);
            let own = ours.iter().find(|w| w.start <= at && at < w.end).map_or("", |w| w.label.as_str());
            let truth = if truth == "ZipPlus4" { "ZipCode" } else { truth };
            let same = reading(own) == reading(truth);
            score.words += 1;
            score.words_right += usize::from(same);
            all &= same;
        }
        score.right += usize::from(all);
    }
    score
}

fn share(part: usize, all: usize) -> f64 {
    part as f64 / all as f64
}

#[test]
fn nineteen_in_twenty_addresses_of_the_test_set_are_taken_apart_rightly() {
    let Some(path) = data("geocoding/measure_performance_test_data_us50_test_tagged.xml") else { return };
    let found = score(&read(&std::fs::read_to_string(path).unwrap()), whole);
    println!("{} of {} addresses fully right", found.right, found.addresses);
    assert_eq!(found.addresses, 687);
    assert!(share(found.right, found.addresses) >= 0.95, "{} of 687", found.right);
}

#[test]
fn nine_in_ten_words_of_the_messiest_addresses_get_their_label() {
    let Some(path) = data("geocoding/training_us50_messiest_manual_label.xml") else { return };
    let found = score(&read(&std::fs::read_to_string(path).unwrap()), |l| l);
    println!("{} of {} words right", found.words_right, found.words);
    assert!(share(found.words_right, found.words) >= 0.90, "{} of {}", found.words_right, found.words);
}
