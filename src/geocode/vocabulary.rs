//! The words of US addresses and what they are compared as.
//!
//! After USPS Publication 28, *Postal Addressing Standards*: street suffixes (appendix C1), secondary units (C2),
//! directionals and states (appendix B), number words and ordinals. Beside the standard's own variants stand
//! abbreviations that dispatch systems write. To add a word: its line in the table of its kind.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

/// A street suffix: the standard abbreviation first, then everything that stands for it.
#[rustfmt::skip]
const SUFFIXES: &[&str] = &[
    "ALY ALLEY ALLEE ALLY ALEY", "ANX ANNEX ANEX ANNX", "ARC ARCADE",
    "AVE AVENUE AV AVEN AVENU AVN AVNUE AVEUNE AVNEUE", "BYU BAYOU BAYOO", "BCH BEACH", "BND BEND", "BLF BLUFF BLUF",
    "BLFS BLUFFS", "BTM BOTTOM BOT BOTTM", "BLVD BOULEVARD BOUL BOULV BL BVD BLVRD BOULEVRD", "BR BRANCH BRNCH",
    "BRG BRIDGE BRDGE", "BRK BROOK", "BRKS BROOKS", "BG BURG", "BYP BYPASS BYPA BYPAS BYPS", "CP CAMP CMP",
    "CYN CANYON CANYN CNYN", "CPE CAPE", "CSWY CAUSEWAY CAUSWA CSWAY", "CTR CENTER CENT CENTR CENTRE CNTER CNTR CEN",
    "CTRS CENTERS", "CIR CIRCLE CIRC CIRCL CRCL CRCLE CI CRL", "CIRS CIRCLES", "CLF CLIFF", "CLFS CLIFFS", "CLB CLUB",
    "CMN COMMON", "CMNS COMMONS", "COR CORNER", "CORS CORNERS", "CRSE COURSE", "CT COURT CRT", "CTS COURTS",
    "CV COVE", "CVS COVES", "CRK CREEK CREK", "CRES CRESCENT CRSENT CRSNT CRESENT", "CRST CREST",
    "XING CROSSING CRSSNG CRSSING", "XRD CROSSROAD", "CURV CURVE", "DL DALE", "DM DAM", "DV DIVIDE DIV DVD",
    "DR DRIVE DRIV DRV DRVE DOCTOR", "DRS DRIVES", "EST ESTATE", "ESTS ESTATES",
    "EXPY EXPRESSWAY EXP EXPR EXPRESS EXPW EXPWY EXWY", "EXT EXTENSION EXTN EXTNSN", "FALL", "FLS FALLS",
    "FRY FERRY FRRY", "FLD FIELD", "FLDS FIELDS", "FLT FLAT", "FLTS FLATS", "FRD FORD", "FRST FOREST FORESTS",
    "FRG FORGE FORG", "FRK FORK", "FRKS FORKS", "FT FORT FRT", "FWY FREEWAY FREEWY FRWAY FRWY",
    "GDN GARDEN GARDN GRDEN GRDN", "GDNS GARDENS GRDNS", "GTWY GATEWAY GATEWY GATWAY GTWAY", "GLN GLEN", "GRN GREEN",
    "GRV GROVE GROV", "HBR HARBOR HARB HARBR HRBOR HARBOUR", "HVN HAVEN", "HTS HEIGHTS HT HGTS",
    "HWY HIGHWAY HIGHWY HIWAY HIWY HWAY HGWY HGHWY HWYS", "HL HILL", "HLS HILLS", "HOLW HOLLOW HLLW HOLLOWS HOLWS",
    "INLT INLET", "IS ISLAND ISLND", "ISS ISLANDS ISLNDS", "ISLE ISLES", "JCT JUNCTION JCTION JCTN JUNCTN JUNCTON",
    "KY KEY", "KNL KNOLL KNOL", "KNLS KNOLLS", "LK LAKE", "LKS LAKES", "LAND", "LNDG LANDING LNDNG", "LN LANE LANES",
    "LGT LIGHT", "LF LOAF", "LCK LOCK", "LCKS LOCKS", "LDG LODGE LDGE LODG", "LOOP LOOPS", "MALL", "MNR MANOR",
    "MNRS MANORS", "MDW MEADOW", "MDWS MEADOWS MEDOWS", "MEWS", "ML MILL", "MLS MILLS", "MSN MISSION MISSN MSSN",
    "MTWY MOTORWAY", "MT MOUNT MNT", "MTN MOUNTAIN MNTAIN MNTN MOUNTIN MTIN", "NCK NECK", "ORCH ORCHARD ORCHRD",
    "OVAL OVL", "OPAS OVERPASS", "PARK PRK PARKS", "PKWY PARKWAY PARKWY PKWAY PKY PKWYS PKWAYS PY", "PASS",
    "PSGE PASSAGE", "PATH PATHS", "PIKE PIKES PK", "PNE PINE", "PNES PINES", "PL PLACE PLC", "PLN PLAIN",
    "PLNS PLAINS", "PLZ PLAZA PLZA", "PT POINT", "PTS POINTS", "PRT PORT", "PR PRAIRIE PRR", "RADL RADIAL RAD",
    "RAMP", "RNCH RANCH RNCHS", "RPD RAPID", "RPDS RAPIDS", "RST REST", "RDG RIDGE RDGE", "RDGS RIDGES",
    "RIV RIVER RVR RIVR", "RD ROAD ROADS RDS RAOD", "ROW", "RUE", "RUN", "SHL SHOAL", "SHLS SHOALS",
    "SHR SHORE SHOAR", "SHRS SHORES SHOARS", "SKWY SKYWAY", "SPG SPRING SPNG SPRNG", "SPGS SPRINGS SPNGS SPRNGS",
    "SPUR SPURS", "SQ SQUARE SQR SQRE SQU", "SQS SQUARES SQRS", "STA STATION STATN STN", "STRM STREAM STREME",
    "ST STREET STR STRT STRET STREE STEET SAINT", "STS STREETS", "SMT SUMMIT SUMIT SUMITT", "TER TERRACE TERR",
    "TRWY THROUGHWAY", "TRCE TRACE TRACES", "TRAK TRACK TRACKS TRK TRKS", "TRFY TRAFFICWAY",
    "TRL TRAIL TR TRAILS TRLS", "TUNL TUNNEL TUNEL TUNLS TUNNELS", "TPKE TURNPIKE TURNPK TRNPK TPK", "UPAS UNDERPASS",
    "UN UNION", "VLY VALLEY VALLY VLLY", "VLYS VALLEYS", "VIA VIADUCT VDCT VIADCT", "VW VIEW", "VWS VIEWS",
    "VLG VILLAGE VILL VILLAG VILLG VILLIAGE", "VL VILLE", "VIS VISTA VIST VST VSTA", "WALK WALKS WLK", "WALL",
    "WAY WY WAYS", "WL WELL", "WLS WELLS",
];

/// Suffixes that are hardly ever anything else; the others are also common within names.
#[rustfmt::skip]
const SURE_SUFFIXES: &[&str] = &[
    "ALY", "AVE", "BLVD", "BYP", "CIR", "CSWY", "CT", "DR", "EXPY", "FWY", "HWY", "LN", "PIKE", "PKWY", "PL", "RD",
    "SQ", "ST", "TER", "TPKE", "TRL", "WAY", "CRES", "PLZ", "CV", "LOOP", "TRCE", "XING", "CTR", "ROW", "RUN",
];

#[rustfmt::skip]
const DIRECTIONS: &[&str] = &[
    "N NORTH NO NRTH", "S SOUTH SO STH", "E EAST", "W WEST WST", "NE NORTHEAST", "NW NORTHWEST", "SE SOUTHEAST",
    "SW SOUTHWEST",
];

/// The way a carriageway leads; part of a highway's name in dispatch texts.
#[rustfmt::skip]
const BOUNDS: &[&str] = &[
    "NB NORTHBOUND", "SB SOUTHBOUND", "EB EASTBOUND", "WB WESTBOUND",
];

/// Other words that stand for one another.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "RT ROUTE RTE", "I INTERSTATE IH", "SR STATEROUTE", "CNTY COUNTY", "MM MILEMARKER MILEPOST MP", "BLK BLOCK",
    "DEADEND", "JR JUNIOR", "1ST FIRST", "2ND SECOND", "3RD THIRD", "4TH FOURTH", "5TH FIFTH", "6TH SIXTH",
    "7TH SEVENTH", "8TH EIGHTH", "9TH NINTH", "10TH TENTH", "11TH ELEVENTH", "12TH TWELFTH", "13TH THIRTEENTH",
    "14TH FOURTEENTH", "15TH FIFTEENTH", "16TH SIXTEENTH", "17TH SEVENTEENTH", "18TH EIGHTEENTH", "19TH NINETEENTH",
    "20TH TWENTIETH", "30TH THIRTIETH", "40TH FORTIETH", "50TH FIFTIETH", "60TH SIXTIETH", "70TH SEVENTIETH",
    "80TH EIGHTIETH", "90TH NINETIETH",
];

/// Words that begin a secondary unit: what follows is inside the building.
#[rustfmt::skip]
pub(super) const UNITS: &[&str] = &[
    "APT", "APARTMENT", "APMT", "APTS", "UNIT", "UNT", "SUITE", "STE", "SUIT", "RM", "ROOM", "FL", "FLOOR", "FLR",
    "LOT", "SPC", "SPACE", "SLIP", "TRLR", "TRAILER", "PH", "PENTHOUSE", "CONDO", "STALL",
];
/// Units that need no number.
#[rustfmt::skip]
pub(super) const LONE_UNITS: &[&str] = &[
    "REAR", "FRNT", "FRONT", "BSMT", "BASEMENT", "LOWR", "LOWER", "UPPR", "UPPER", "SIDE", "LBBY", "LOBBY", "OFC",
    "PENTHOUSE", "PH",
];
#[rustfmt::skip]
pub(super) const SUBADDRESSES: &[&str] = &[
    "BLDG", "BUILDING", "BLD", "BLDNG", "TOWER", "TWR", "WING", "DEPT", "DEPARTMENT", "HALL", "MSC", "PMB", "BIN",
    "FILE", "MAIL", "CODE", "CLIENT", "STOP", "HANGAR", "HNGR", "PIER", "KBA", "LEVEL", "MC",
];

/// Two letters and names of states, the District and the territories.
#[rustfmt::skip]
pub(super) const STATES: &[(&str, &str)] = &[
    ("AL", "ALABAMA"), ("AK", "ALASKA"), ("AZ", "ARIZONA"), ("AR", "ARKANSAS"), ("CA", "CALIFORNIA"),
    ("CO", "COLORADO"), ("CT", "CONNECTICUT"), ("DE", "DELAWARE"), ("DC", "DISTRICT OF COLUMBIA"), ("FL", "FLORIDA"),
    ("GA", "GEORGIA"), ("HI", "HAWAII"), ("ID", "IDAHO"), ("IL", "ILLINOIS"), ("IN", "INDIANA"), ("IA", "IOWA"),
    ("KS", "KANSAS"), ("KY", "KENTUCKY"), ("LA", "LOUISIANA"), ("ME", "MAINE"), ("MD", "MARYLAND"),
    ("MA", "MASSACHUSETTS"), ("MI", "MICHIGAN"), ("MN", "MINNESOTA"), ("MS", "MISSISSIPPI"), ("MO", "MISSOURI"),
    ("MT", "MONTANA"), ("NE", "NEBRASKA"), ("NV", "NEVADA"), ("NH", "NEW HAMPSHIRE"), ("NJ", "NEW JERSEY"),
    ("NM", "NEW MEXICO"), ("NY", "NEW YORK"), ("NC", "NORTH CAROLINA"), ("ND", "NORTH DAKOTA"), ("OH", "OHIO"),
    ("OK", "OKLAHOMA"), ("OR", "OREGON"), ("PA", "PENNSYLVANIA"), ("RI", "RHODE ISLAND"), ("SC", "SOUTH CAROLINA"),
    ("SD", "SOUTH DAKOTA"), ("TN", "TENNESSEE"), ("TX", "TEXAS"), ("UT", "UTAH"), ("VT", "VERMONT"),
    ("VA", "VIRGINIA"), ("WA", "WASHINGTON"), ("WV", "WEST VIRGINIA"), ("WI", "WISCONSIN"), ("WY", "WYOMING"),
    ("PR", "PUERTO RICO"), ("GU", "GUAM"), ("VI", "VIRGIN ISLANDS"),
];

/// What kind of word one is, beside what it is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Suffix { sure: bool },
    Direction,
    Bound,
    Other,
}

/// A hash of eight letters at a time: the tables are fixed and their words short, so nobody can choose words that
/// collide.
#[derive(Debug, Default)]
pub(super) struct ByEights(u64);

impl ByEights {
    fn add(&mut self, letters: u64) {
        self.0 = (self.0.rotate_left(23) ^ letters).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for ByEights {
    fn write(&mut self, bytes: &[u8]) {
        let (eights, rest) = bytes.as_chunks::<8>();
        for eight in eights {
            self.add(u64::from_le_bytes(*eight));
        }
        if !rest.is_empty() {
            self.add(rest.iter().fold(0, |all, b| all << 8 | u64::from(*b)));
        }
    }

    /// The end of a word; its letters say enough.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        // The table takes its place from the low bits and a tag from the high ones: both are to depend on all letters.
        self.0 ^ self.0 >> 32
    }
}

pub(super) type Table<V> = HashMap<&'static str, V, BuildHasherDefault<ByEights>>;

static WORDS: LazyLock<Table<(&'static str, Kind)>> = LazyLock::new(|| {
    let mut words = Table::default();
    let mut add = |lines: &[&'static str], kind: fn(&str) -> Kind| {
        for line in lines {
            let mut forms = line.split(' ');
            let Some(standard) = forms.next() else { continue };
            for form in std::iter::once(standard).chain(forms) {
                words.entry(form).or_insert((standard, kind(standard)));
            }
        }
    };
    add(DIRECTIONS, |_| Kind::Direction);
    add(BOUNDS, |_| Kind::Bound);
    add(SUFFIXES, |standard| Kind::Suffix { sure: SURE_SUFFIXES.contains(&standard) });
    add(OTHERS, |_| Kind::Other);
    words
});

/// What an upper-case word is compared as, and its kind; `None` for a word that means only itself.
pub(super) fn known(word: &str) -> Option<(&'static str, Kind)> {
    WORDS.get(word).copied()
}

/// The standard form of an upper-case word, or the word.
pub(super) fn standard(word: &str) -> &str {
    known(word).map_or(word, |(standard, _)| standard)
}

/// The long form of a standard word, which is the one written second in its table; words that only add an S are none.
pub(super) fn long(standard: &str) -> &str {
    LONG.get(standard).copied().unwrap_or(standard)
}

static LONG: LazyLock<Table<&'static str>> = LazyLock::new(|| {
    let lines = [DIRECTIONS, BOUNDS, SUFFIXES, OTHERS].concat();
    let mut pairs: Vec<_> = lines
        .into_iter()
        .filter_map(|line| {
            let mut forms = line.split(' ');
            let (short, long) = forms.next().zip(forms.next())?;
            (long.len() > short.len() && long.strip_suffix('S') != Some(short)).then_some((short, long))
        })
        .collect();
    // A word that stands in two tables keeps its first meaning, as in `known`.
    pairs.reverse();
    pairs.into_iter().collect()
});

/// The two letters of a state given by its letters or its name, upper case.
pub(super) fn state(text: &str) -> Option<&'static str> {
    STATES.iter().find(|(short, long)| *short == text || *long == text).map(|(short, _)| *short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_suffix_leads_to_its_standard() {
        for (form, standard_form) in [
            ("AVENUE", "AVE"),
            ("AV", "AVE"),
            ("STREET", "ST"),
            ("SAINT", "ST"),
            ("TPK", "TPKE"),
            ("FIRST", "1ST"),
            ("NORTHEAST", "NE"),
        ] {
            assert_eq!(standard(form), standard_form);
            // What is standard already stays so: texts may be made comparable twice.
            assert_eq!(standard(standard_form), standard_form);
        }
        assert_eq!(known("BROADWAY"), None);
        assert_eq!((state("MAINE"), state("ME"), state("XX")), (Some("ME"), Some("ME"), None));
    }
}
