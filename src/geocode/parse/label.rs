//! What a word of an address may be: the labels of the United States Thoroughfare, Landmark, and Postal Address Data
//! Standard (FGDC-STD-016-2011), by the names which the public hand-labelled sets use.

use std::fmt;

macro_rules! labels {
    ($($name:ident),+ $(,)?) => {
        /// The role of one word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Label { $($name),+ }

        impl Label {
            pub const ALL: &[Label] = &[$(Label::$name),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Label::$name => stringify!($name)),+ }
            }
        }
    };
}

labels! {
    Recipient,
    BuildingName,
    LandmarkName,
    CornerOf,
    AddressNumberPrefix,
    AddressNumber,
    AddressNumberSuffix,
    StreetNamePreModifier,
    StreetNamePreDirectional,
    StreetNamePreType,
    StreetName,
    StreetNamePostType,
    StreetNamePostDirectional,
    StreetNamePostModifier,
    IntersectionSeparator,
    OccupancyType,
    OccupancyIdentifier,
    SubaddressType,
    SubaddressIdentifier,
    USPSBoxType,
    USPSBoxID,
    USPSBoxGroupType,
    USPSBoxGroupID,
    PlaceName,
    StateName,
    ZipCode,
    CountryName,
    NotAddress,
}

impl Label {
    /// Whether the word belongs to a street's name in the wide sense (with its directionals and types).
    pub fn is_street(self) -> bool {
        use Label::*;
        matches!(
            self,
            StreetNamePreModifier
                | StreetNamePreDirectional
                | StreetNamePreType
                | StreetName
                | StreetNamePostType
                | StreetNamePostDirectional
                | StreetNamePostModifier
        )
    }

    pub fn is_number(self) -> bool {
        matches!(self, Label::AddressNumberPrefix | Label::AddressNumber | Label::AddressNumberSuffix)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
