//! Columns by their names, and values without what stands for nothing.
//!
//! Every agency has its own names; what they mean is alike. Names are compared by their letters and digits alone, in any
//! case ("St_Name", "ST_NAME" and "StName" are one), and shapefiles cut them to ten letters, so both forms stand in the
//! lists. To add a name: into the list of its meaning.

use std::borrow::Cow;

use crate::geocode::vocabulary::{self, Kind};

/// The columns of a file.
pub(super) struct Header {
    written: Vec<String>,
    plain: Vec<String>,
}

impl Header {
    pub fn of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let written: Vec<String> =
            names.into_iter().map(|n| n.as_ref().trim_start_matches('\u{FEFF}').trim().to_owned()).collect();
        let plain = written
            .iter()
            .map(|n| n.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect())
            .collect();
        Self { written, plain }
    }

    /// Where the first name of the list stands that there is: the lists begin with what is surest.
    pub fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.plain.iter().position(|p| p == name))
    }

    pub fn all(&self, names: &[&str]) -> Vec<usize> {
        names.iter().filter_map(|name| self.plain.iter().position(|p| p == name)).collect()
    }

    /// A column whose name speaks of addresses.
    pub fn speaks_of(&self, parts: &[&str]) -> bool {
        self.plain.iter().any(|name| parts.iter().any(|part| name.contains(part)))
    }

    /// As the file writes them.
    pub fn list(&self) -> String {
        self.written.join(", ")
    }
}

/// What agencies write where they know nothing.
const NOTHING: &[&str] = &["not stated", "<null>", "null", "none", "n/a", "unknown", "(null)", "nan"];

/// A value without spaces around it; nothing where it stands for nothing.
pub(super) fn value(text: &str) -> &str {
    let text = text.trim();
    if text.len() <= 10 && NOTHING.iter().any(|n| text.eq_ignore_ascii_case(n)) { "" } else { text }
}

/// A number as tables give it, "94704.000000" or "24,348", as it is written elsewhere.
pub(super) fn number(text: &str) -> Cow<'_, str> {
    let text = match text.split_once('.') {
        Some((whole, part)) if !part.is_empty() && part.bytes().all(|b| b == b'0') => whole,
        _ => text,
    };
    let thousands = text.contains(',') && text.bytes().all(|b| b.is_ascii_digit() || b == b',');
    if thousands { Cow::Owned(text.replace(',', "")) } else { Cow::Borrowed(text) }
}

/// The town of a value; nothing where it says that there is none, or names a county.
pub(super) fn town(text: &str) -> Option<&str> {
    let upper = text.to_ascii_uppercase();
    let none = upper.is_empty() || upper.starts_with("UNINC") || upper.ends_with(" COUNTY") || upper == "0";
    (!none).then_some(text)
}

/// The whole name of a street.
const WHOLE: &[&str] = &[
    "STNAMFULL",
    "FULLNAME",
    "FULLSTNAME",
    "FULLSTREETNAME",
    "FULLSTREET",
    "STREETNAMEFULL",
    "STFULLNAME",
    "PRIMARYNAME",
    "PSTRFULNAM",
    "PSTRFULNA",
    "FULLROADNAME",
    "ROADNAME",
    "LFNAME",
];
/// A name that may be whole or lack its type and directions.
const NAME: &[&str] =
    &["STREET", "STNAME", "STREETNAME", "STREETNAM", "FENAME", "FEANME", "PSTRNAME", "ADDRSN", "RDNAME"];
/// What stands before the name, in its order …
const BEFORE: [&[&str]; 4] = [
    &["STPREMOD", "STNPREMOD", "STREETPREMOD", "PREMODIFIER"],
    &[
        "STPREDIR",
        "STNPREDIR",
        "STREETPREFIX",
        "STPREFIX",
        "STPREFIXD",
        "STPRE",
        "PREDIR",
        "PREFIXDIR",
        "PREDIRECTIONAL",
        "DIRPRE",
        "STRPREDIRCODE",
        "FEDIRP",
        "PREFIX",
        "DIRECTION",
    ],
    &["STPRETYP", "STNPRETYP", "STREETPRETYPE", "STPREFIXT", "PRETYPE"],
    &["STPRESEP", "STNPRESEP"],
];
/// … and behind it. A "suffix" is a type with one agency and a direction with the next.
const BEHIND: [&[&str]; 4] = [
    &[
        "STPOSTYP",
        "STNPOSTYP",
        "STTYPE",
        "STREETTYPE",
        "STREETTYP",
        "STREETSUFX",
        "STREETTYPECODE",
        "FETYPE",
        "FEATYP",
        "PSTRTYPE",
        "SUFTYPE",
        "ADDRST",
    ],
    &["STSUFFIX", "STREETSUFFIX", "SUFFIX", "STREETSUFF"],
    &["STPOSDIR", "STNPOSDIR", "STSUFFIXD", "SUFDIR", "SUFFIXDIR", "PSUFDIR", "DIRSUF", "STRPOSTDIRCODE", "FEDIRS"],
    &["STPOSMOD", "STNPOSMOD", "STPOSTMOD", "POSTMODIFIER"],
];
const DIRECTIONS_BEFORE: usize = 1;
const DIRECTIONS_BEHIND: usize = 2;

/// Where the name of a street stands, whole or in parts.
pub(super) struct StreetColumns {
    whole: Option<usize>,
    name: Option<usize>,
    before: [Option<usize>; 4],
    behind: [Option<usize>; 4],
}

impl StreetColumns {
    /// `None` where no column names streets; `more`: what else may be a name here.
    pub fn of(header: &Header, more: &[&str]) -> Option<Self> {
        let found = Self {
            whole: header.find(WHOLE),
            name: header.find(NAME).or_else(|| header.find(more)),
            before: BEFORE.map(|names| header.find(names)),
            behind: BEHIND.map(|names| header.find(names)),
        };
        found.whole.or(found.name).is_some().then_some(found)
    }

    /// The name that a row gives; `get` answers a column's value, empty for nothing.
    pub fn name<'a>(&self, get: impl Fn(usize) -> &'a str) -> Option<Cow<'a, str>> {
        let value = |at: Option<usize>| at.map(&get).filter(|v| !v.is_empty());
        if let Some(whole) = value(self.whole) {
            return Some(Cow::Borrowed(whole));
        }
        let name = value(self.name)?;
        let mut parts: Vec<&str> = Vec::new();
        for (i, at) in self.before.iter().enumerate() {
            if let Some(part) = value(*at)
                && (i != DIRECTIONS_BEFORE || is_direction(part) && !is_same(name.split(' ').next(), part))
            {
                parts.push(part);
            }
        }
        parts.push(name);
        // A name that ends with its type is whole, whatever direction stands behind.
        let mut words: Vec<&str> = name.split(' ').filter(|w| !w.is_empty()).collect();
        let last = words.pop();
        let mut type_at = last;
        while words.len() > 1 && type_at.is_some_and(is_direction) {
            type_at = words.pop();
        }
        let alone = words.is_empty();
        for (i, at) in self.behind.iter().enumerate() {
            let Some(part) = value(*at) else { continue };
            let written = !alone && (is_same(type_at, part) || is_same(last, part));
            if !written && (i != DIRECTIONS_BEHIND || is_direction(part)) {
                parts.push(part);
            }
        }
        Some(if parts.len() == 1 { Cow::Borrowed(name) } else { Cow::Owned(parts.join(" ")) })
    }
}

fn is_direction(word: &str) -> bool {
    matches!(vocabulary::known(&word.to_ascii_uppercase()), Some((_, Kind::Direction | Kind::Bound)))
}

fn is_same(word: Option<&str>, other: &str) -> bool {
    let standard = |w: &str| vocabulary::standard(&w.to_ascii_uppercase()).to_owned();
    word.is_some_and(|w| standard(w) == standard(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(columns: &[(&str, &str)]) -> Option<String> {
        let header = Header::of(columns.iter().map(|(name, _)| *name));
        StreetColumns::of(&header, &[])?.name(|at| value(columns[at].1)).map(Cow::into_owned)
    }

    #[test]
    fn a_name_in_parts_is_put_together_whatever_the_parts_are_called() {
        for columns in [
            [("St_PreDir", "North"), ("St_Name", "Oak"), ("St_PosTyp", "Avenue"), ("St_PosDir", "Not stated")],
            [("StN_PreDir", "North"), ("StreetName", "Oak"), ("StN_PosTyp", "Avenue"), ("StN_PosDir", "")],
            [
                ("STREET_PREFIX", "North"),
                ("STREET_NAME", "Oak"),
                ("STREET_TYPE", "Avenue"),
                ("STREET_SUFFIX", "<Null>"),
            ],
            [("PRE_DIR", "North"), ("STREET_NAM", "Oak"), ("STREET_TYP", "Avenue"), ("SUF_DIR", " ")],
        ] {
            assert_eq!(named(&columns).as_deref(), Some("North Oak Avenue"), "{columns:?}");
        }
        assert_eq!(named(&[("ST_NAME", "NILES"), ("ST_TYPE", "RD"), ("ST_SUFFIX", "SE")]).unwrap(), "NILES RD SE");
        assert_eq!(named(&[("PrefixDir", "N"), ("StreetName", "200"), ("SuffixDir", "W")]).unwrap(), "N 200 W");
        assert_eq!(named(&[("OID", "1"), ("ROAD", "x")]), None);
    }

    #[test]
    fn what_a_name_says_already_is_not_said_twice() {
        assert_eq!(
            named(&[("Street", "Cambridge St"), ("Street_Type", "St"), ("Direction", "0")]).unwrap(),
            "Cambridge St"
        );
        assert_eq!(
            named(&[("STREET", "Main Street N"), ("ST_TYPE", "ST"), ("SUF_DIR", "N")]).unwrap(),
            "Main Street N"
        );
        assert_eq!(named(&[("FULLNAME", "N Elm St"), ("ST_TYPE", "ST"), ("PREDIR", "N")]).unwrap(), "N Elm St");
        assert_eq!(named(&[("PREDIR", "N"), ("STREET", "N Elm"), ("ST_TYPE", "ST")]).unwrap(), "N Elm ST");
        // A saint's street; a street that is called Court.
        assert_eq!(named(&[("ST_NAME", "ST"), ("ST_TYPE", "ST")]).unwrap(), "ST ST");
        assert_eq!(named(&[("ST_NAME", "COURT"), ("ST_TYPE", "ST")]).unwrap(), "COURT ST");
    }

    #[test]
    fn numbers_and_towns_are_freed_of_what_tables_add() {
        for (written, plain) in [("94704.000000", "94704"), ("24,348", "24348"), ("12.5", "12.5"), ("04473", "04473")] {
            assert_eq!(number(written), plain);
        }
        for none in ["Unincorporated", "UNINC", "Grayson County", ""] {
            assert_eq!(town(none), None, "{none}");
        }
        assert_eq!(
            (town("Barre City"), value(" <Null> "), value("None"), value("Nonesuch")),
            (Some("Barre City"), "", "", "Nonesuch")
        );
    }
}
