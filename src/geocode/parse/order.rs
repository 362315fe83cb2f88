//! How well the parts of an address begin, follow one another and end. Set by hand; see the folder's head.

use std::sync::LazyLock;

use super::label::Label::{self, *};

const N: usize = Label::ALL.len();

/// How well a label fits the first word.
pub(super) fn start(label: Label) -> i32 {
    match label {
        AddressNumber => 2,
        StreetName | StreetNamePreDirectional | StreetNamePreType | USPSBoxType | USPSBoxGroupType | CornerOf => 1,
        Recipient
        | BuildingName
        | LandmarkName
        | OccupancyType
        | SubaddressType
        | PlaceName
        | AddressNumberPrefix
        | StreetNamePreModifier => 0,
        OccupancyIdentifier | SubaddressIdentifier | StateName | ZipCode | NotAddress | USPSBoxGroupID => -3,
        _ => -8,
    }
}

/// How well a label fits the last word.
pub(super) fn end(label: Label) -> i32 {
    match label {
        AddressNumberPrefix | IntersectionSeparator | CornerOf | StreetNamePreModifier => -6,
        StreetNamePreType | SubaddressType | StreetNamePreDirectional => -3,
        AddressNumber => -1,
        _ => 0,
    }
}

/// A comma between two words parts what belongs together and lets other things begin.
#[inline]
pub(super) fn after_comma(a: Label, b: Label, comma: bool) -> i32 {
    if !comma {
        return 0;
    }
    if a == b {
        return match a {
            Recipient | BuildingName | AddressNumber | NotAddress => -1,
            OccupancyIdentifier | USPSBoxID => -3,
            _ => -6,
        };
    }
    match (a, b) {
        (StreetNamePostType | StreetName, StreetNamePostDirectional) => 1,
        (StreetNamePostDirectional, StreetNamePostDirectional) => -1,
        (OccupancyType, OccupancyIdentifier) | (SubaddressType, SubaddressIdentifier) => -2,
        (PlaceName | StateName, _) => 1,
        (AddressNumber, b) if b.is_street() => -1,
        (a, b) if a.is_street() && b.is_street() => -5,
        (_, PlaceName) => 4,
        _ => 2,
    }
}

static STEPS: LazyLock<[[i32; N]; N]> = LazyLock::new(|| {
    let mut steps = [[-9; N]; N];
    for a in Label::ALL {
        for b in Label::ALL {
            steps[*a as usize][*b as usize] = step(*a, *b);
        }
    }
    steps
});

pub(super) fn transitions() -> &'static [[i32; N]; N] {
    &STEPS
}

/// How well `b` follows `a`.
fn step(a: Label, b: Label) -> i32 {
    let street_begins = matches!(b, StreetNamePreDirectional | StreetNamePreType | StreetName | StreetNamePreModifier);
    let inside =
        matches!(b, OccupancyType | OccupancyIdentifier | SubaddressType | SubaddressIdentifier | BuildingName);
    match a {
        Recipient => match b {
            Recipient => 3,
            AddressNumber | USPSBoxType | BuildingName | OccupancyType | SubaddressType | USPSBoxGroupType => 0,
            PlaceName => -3,
            _ => -9,
        },
        BuildingName => match b {
            BuildingName => 3,
            AddressNumber | OccupancyType | OccupancyIdentifier | SubaddressType | PlaceName | USPSBoxType => 0,
            StreetNamePreDirectional | StreetName => -4,
            _ => -9,
        },
        LandmarkName => match b {
            LandmarkName => 3,
            PlaceName | IntersectionSeparator | AddressNumber => 0,
            _ => -9,
        },
        CornerOf => {
            if b == CornerOf || street_begins {
                1
            } else if b == LandmarkName {
                -1
            } else {
                -9
            }
        }
        AddressNumberPrefix => {
            if b == AddressNumber {
                3
            } else {
                -9
            }
        }
        AddressNumber => match b {
            StreetName | StreetNamePreDirectional => 2,
            StreetNamePreType | StreetNamePreModifier => 1,
            AddressNumberSuffix => 1,
            AddressNumber => -2,
            OccupancyIdentifier | OccupancyType | BuildingName | PlaceName => -4,
            _ => -9,
        },
        AddressNumberSuffix => {
            if street_begins {
                1
            } else {
                -9
            }
        }
        StreetNamePreModifier => match b {
            StreetNamePreType => 3,
            StreetNamePreDirectional => -2,
            _ => -9,
        },
        StreetNamePreDirectional => match b {
            StreetName => 2,
            StreetNamePreType | StreetNamePreModifier => 1,
            StreetNamePreDirectional => -2,
            _ => -9,
        },
        StreetNamePreType => match b {
            StreetName => 3,
            StreetNamePreType => 2,
            StreetNamePreDirectional => -3,
            _ => -9,
        },
        StreetName => match b {
            StreetName => 1,
            StreetNamePostType => 2,
            StreetNamePostDirectional | StreetNamePostModifier => 0,
            IntersectionSeparator => 1,
            StreetNamePreType => -4,
            PlaceName => -1,
            StateName | ZipCode => -2,
            USPSBoxType => -2,
            NotAddress => -4,
            Recipient => -4,
            _ if inside => -1,
            _ => -9,
        },
        StreetNamePostType => match b {
            PlaceName => 1,
            IntersectionSeparator => 2,
            StreetNamePostDirectional => 1,
            StreetNamePostModifier => 0,
            StateName | ZipCode | USPSBoxType => 0,
            StreetNamePostType => -3,
            StreetName => -6,
            NotAddress | Recipient => -3,
            LandmarkName => -4,
            _ if inside => 0,
            _ => -9,
        },
        StreetNamePostDirectional => match b {
            PlaceName | IntersectionSeparator => 1,
            StateName | ZipCode | USPSBoxType => 0,
            StreetNamePostType => -1,
            StreetNamePostDirectional => -1,
            StreetNamePostModifier => -1,
            Recipient => -3,
            _ if inside => 0,
            _ => -9,
        },
        StreetNamePostModifier => match b {
            PlaceName | IntersectionSeparator | StateName | ZipCode => 0,
            _ if inside => 0,
            _ => -9,
        },
        IntersectionSeparator => {
            if street_begins {
                2
            } else if matches!(b, LandmarkName | CornerOf) {
                -2
            } else {
                -9
            }
        }
        OccupancyType => match b {
            OccupancyIdentifier => 4,
            OccupancyType => -2,
            AddressNumber | PlaceName | StateName | ZipCode => -2,
            _ => -9,
        },
        OccupancyIdentifier => match b {
            OccupancyIdentifier => -1,
            OccupancyType => 0,
            PlaceName => 1,
            AddressNumber => 0,
            StateName | ZipCode | SubaddressType | BuildingName | USPSBoxType => 0,
            StreetName | StreetNamePreDirectional => -4,
            Recipient => -3,
            _ => -9,
        },
        SubaddressType => match b {
            SubaddressIdentifier => 4,
            SubaddressType => 0,
            PlaceName | OccupancyType | AddressNumber => -3,
            _ => -9,
        },
        SubaddressIdentifier => match b {
            SubaddressType => 0,
            SubaddressIdentifier => -1,
            PlaceName | USPSBoxType => 1,
            OccupancyType | AddressNumber | StateName | ZipCode | OccupancyIdentifier | BuildingName | Recipient => 0,
            _ => -9,
        },
        USPSBoxType => match b {
            USPSBoxID => 4,
            USPSBoxType => 3,
            PlaceName => -3,
            _ => -9,
        },
        USPSBoxID => match b {
            PlaceName => 1,
            USPSBoxID => 0,
            StateName | ZipCode | SubaddressType | BuildingName | OccupancyType | AddressNumber | Recipient => 0,
            USPSBoxType => -2,
            _ => -9,
        },
        USPSBoxGroupType => match b {
            USPSBoxGroupID => 4,
            USPSBoxGroupType => 2,
            USPSBoxType => -1,
            USPSBoxID => -2,
            _ => -9,
        },
        USPSBoxGroupID => match b {
            USPSBoxType => 3,
            USPSBoxGroupID => 0,
            USPSBoxGroupType => -1,
            PlaceName | OccupancyType => -1,
            _ => -9,
        },
        PlaceName => match b {
            PlaceName => 2,
            StateName => 2,
            ZipCode => 1,
            CountryName => 0,
            AddressNumber => -6,
            _ => -9,
        },
        StateName => match b {
            ZipCode => 3,
            StateName => 1,
            CountryName => 1,
            PlaceName => -4,
            _ => -9,
        },
        ZipCode => match b {
            CountryName => 1,
            ZipCode => -3,
            PlaceName => -5,
            _ => -9,
        },
        CountryName => {
            if b == CountryName {
                3
            } else if b == ZipCode {
                -1
            } else {
                -9
            }
        }
        NotAddress => match b {
            NotAddress => 0,
            PlaceName => -1,
            _ if street_begins => -1,
            _ => -4,
        },
    }
}
