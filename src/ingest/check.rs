//! Reading a mapping with errors that a person can act on: line, column, key, what was expected.

use thiserror::Error;

use super::{
    mapping::Mapping,
    plan::{Columns, Plan, PlanError},
};

/// What is wrong with a mapping, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {}{message}", field.as_ref().map(|f| format!("{f}: ")).unwrap_or_default())]
pub struct MappingError {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub column: usize,
    /// Dotted key, where one is to blame.
    pub field: Option<String>,
    pub message: String,
}

impl Mapping {
    /// Read and check a mapping. `file` is what errors call it.
    ///
    /// # Errors
    /// For text that is not TOML, an unknown or missing key, a value of the wrong type, a broken regular
    /// expression or time format, a word that is not in its list.
    pub fn parse(text: &str, file: &str) -> Result<Self, MappingError> {
        let mut mapping: Mapping = toml::from_str(text).map_err(|e| {
            let (line, column) = position(text, e.span().map_or(0, |s| s.start));
            MappingError {
                file: file.to_owned(),
                line,
                column,
                field: None,
                message: e.message().trim().replace('\n', "; "),
            }
        })?;
        mapping.origin = (file.to_owned(), text.to_owned());
        Plan::compile(&mapping, Columns::Any).map_err(|e| at_key(&mapping, e))?;
        Ok(mapping)
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.origin.1
    }

    /// The standard event's mapping, which is part of the program.
    pub fn standard() -> Self {
        Self::parse(super::STANDARD, "standard.toml").expect("the embedded mapping is read by a test")
    }
}

/// Give an error of a plan its place in the mapping's text.
pub(super) fn at_key(mapping: &Mapping, error: PlanError) -> MappingError {
    let (file, text) = (&mapping.origin.0, mapping.text());
    let (line, column) = position(text, offset_of(text, &error.path).unwrap_or(0));
    MappingError { file: file.clone(), line, column, field: Some(error.path), message: error.message }
}

/// Where the value of a dotted key starts; the nearest key above it where it is not written itself.
fn offset_of(text: &str, path: &str) -> Option<usize> {
    let document = toml_edit::Document::parse(text).ok()?;
    let mut item = document.as_item();
    let mut best = None;
    for segment in path.split('.') {
        let next = match segment.parse::<usize>() {
            Ok(index) => item.get(index),
            Err(_) => item.get(segment),
        };
        let Some(next) = next else { break };
        item = next;
        best = item.span().map(|s| s.start).or(best);
    }
    best
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = \"x\"\nkind = \"overdose\"\n[time]\noccurred_at = \"when\"\n";

    fn error(text: &str) -> String {
        Mapping::parse(text, "m").expect_err("a mistake").to_string()
    }

    #[test]
    fn the_embedded_mapping_and_a_small_one_are_read() {
        assert_eq!(Mapping::standard().record_id, ["event_id"]);
        assert!(Mapping::parse(GOOD, "m").is_ok());
    }

    #[test]
    fn mistakes_are_told_with_line_and_key() {
        insta::assert_snapshot!(error("name = \"x\"\nkid = 1\n"), @"m:2:1: unknown field `kid`, expected one of `name`, `record_id`, `expected_every_hours`, `jurisdiction`, `format`, `xlsx`, `xml`, `kind`, `owner`, `case`, `time`, `place`, `outcome`, `naloxone`, `quantity`, `withdrawn`, `attributes`, `attributes_from`, `learned`");
        insta::assert_snapshot!(error(&GOOD.replace("overdose", "overdoze")), @r#"m:2:8: kind: "overdoze" is none of overdose, naloxone, outreach"#);
        insta::assert_snapshot!(error(&GOOD.replace("\"when\"", "{ column = \"when\", formats = [\"%Q\"] }")), @r#"m:4:45: time.occurred_at.formats.0: "%Q" is not a time format; expected iso, unix, unix_ms or strftime fields such as %Y-%m-%d %H:%M"#);
        insta::assert_snapshot!(error(&GOOD.replace("\"when\"", "{ colum = \"when\" }")), @"m:4:17: unknown field `colum`, expected one of `column`, `or`, `pattern`, `formats`, `optional`");
        insta::assert_snapshot!(error(&format!("{GOOD}[place]\nlatitude = \"lat\"\n")), @"m:6:12: place.latitude: latitude and longitude go together");
        insta::assert_snapshot!(error(&format!("{GOOD}[case]\ndefinition = \"d\"\nversion = 1\nwhere = [{{ column = \"a\", matches = \"(\" }}]\n")), @r#"m:8:36: case.where.0.matches: "(" is not a regular expression: unclosed group"#);
        insta::assert_snapshot!(error(&format!("{GOOD}[case]\ndefinition = \"d\"\nversion = 1\nwhere = [{{ column = \"a\" }}]\n")), @"m:8:10: case.where.0: expected exactly one of equals, in, not_in, matches, not_matches, empty");
        insta::assert_snapshot!(error(&format!("{GOOD}[attributes]\nwho = \"patient_name\"\n")), @r#"m:6:7: attributes.who: the column "patient_name" is refused: names and enforcement records are not collected"#);
        insta::assert_snapshot!(error("name = "), @"m:1:8: string values must be quoted, expected literal string");
    }
}
