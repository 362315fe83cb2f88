//! A labelled address put together: the street text, the town, the ZIP.

use super::{Label, label};

/// What a text says about where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// House number and street, a crossing, or the name of a landmark or building; without the unit.
    pub street: String,
    pub unit: Option<String>,
    pub town: Option<String>,
    /// As written.
    pub state: Option<String>,
    pub zip: Option<String>,
    /// A box of the post office, which is no place.
    pub post_box: bool,
}

impl Address {
    pub fn parse(text: &str) -> Self {
        let words = label(text);
        let joined = |wanted: &dyn Fn(Label) -> bool| -> Option<String> {
            let chosen: Vec<&str> = words.iter().filter(|w| wanted(w.label)).map(|w| w.word.as_str()).collect();
            (!chosen.is_empty()).then(|| chosen.join(" "))
        };
        let street = |l: Label| l.is_street() || l.is_number() || l == Label::IntersectionSeparator;
        let named = |l: Label| matches!(l, Label::LandmarkName | Label::BuildingName);
        let has_street = words.iter().any(|w| w.label.is_street());
        Self {
            street: if has_street { joined(&street) } else { joined(&named) }.unwrap_or_default(),
            unit: joined(&|l| matches!(l, Label::OccupancyType | Label::OccupancyIdentifier)),
            town: joined(&|l| l == Label::PlaceName),
            state: joined(&|l| l == Label::StateName),
            zip: joined(&|l| l == Label::ZipCode),
            post_box: !has_street && words.iter().any(|w| matches!(w.label, Label::USPSBoxType | Label::USPSBoxID)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_commas_is_taken_apart() {
        let a = Address::parse("123 1/2 N Main St Apt 4B Saint Albans VT 05478-1234");
        assert_eq!(a.street, "123 1/2 N MAIN ST");
        assert_eq!((a.unit.as_deref(), a.town.as_deref()), (Some("APT 4B"), Some("SAINT ALBANS")));
        assert_eq!((a.state.as_deref(), a.zip.as_deref()), (Some("VT"), Some("05478-1234")));
        let a = Address::parse("P.O. Box 12, Orono, ME 04473");
        assert!(a.post_box && a.street.is_empty() && a.town.as_deref() == Some("ORONO"));
        assert_eq!(Address::parse("Main St & Oak Ave, Bangor, Maine").street, "MAIN ST & OAK AVE");
        assert_eq!(Address::parse("Southgate Mall, Yuma, AZ").street, "SOUTHGATE MALL");
        assert_eq!(Address::parse(""), Address::default());
    }
}
